package io.github.httplongcut.admin;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import java.net.SocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;

/**
 * The connections of an {@link AdminServer}. If there are too many, a new one displaces the one
 * without a request for longest, so that idle connections never keep probes out. A connection that
 * serves a request of somebody who may read the pages is not displaced. Thread-safe.
 */
final class AdminConnections {

  private static final AttachmentKey<AdminConnections> KEY =
      AttachmentKey.create(AdminConnections.class);

  private static final class Entry {
    final StreamConnection connection;
    boolean isKept;

    Entry(StreamConnection connection) {
      this.connection = connection;
    }
  }

  private final int limit;

  /** By the peer's address, which tells open connections apart; least recently used first. */
  private final Map<SocketAddress, Entry> open = new LinkedHashMap<>();

  /**
   * @param limit maximum number of connections
   */
  AdminConnections(int limit) {
    this.limit = limit;
  }

  /** Adds a new connection. Returns false if it must be closed instead. */
  boolean add(StreamConnection connection) {
    SocketAddress peer = connection.getPeerAddress();
    Entry entry = new Entry(connection);
    StreamConnection displaced = null;
    synchronized (this) {
      if (open.size() >= limit) {
        displaced = removeOldest();
        if (displaced == null) {
          return false;
        }
      }
      open.put(peer, entry);
    }
    connection.setCloseListener(closed -> remove(peer, entry));
    IoUtils.safeClose(displaced);
    return true;
  }

  private StreamConnection removeOldest() {
    for (Map.Entry<SocketAddress, Entry> each : open.entrySet()) {
      if (!each.getValue().isKept) {
        open.remove(each.getKey());
        return each.getValue().connection;
      }
    }
    return null;
  }

  private synchronized void remove(SocketAddress peer, Entry entry) {
    open.remove(peer, entry);
  }

  /** Notes a request, so that {@link #keep} finds this object. */
  void onRequest(HttpServerExchange exchange) {
    exchange.putAttachment(KEY, this);
    use(exchange.getConnection().getPeerAddress(), false);
  }

  /**
   * Keeps the connection of a request until its answer is sent. The caller of the request has been
   * admitted.
   */
  static void keep(HttpServerExchange exchange) {
    AdminConnections connections = exchange.getAttachment(KEY);
    SocketAddress peer = exchange.getConnection().getPeerAddress();
    connections.use(peer, true);
    exchange.addExchangeCompleteListener(
        (completed, next) -> {
          connections.use(peer, false);
          next.proceed();
        });
  }

  /** Makes a connection the most recently used one, if it is still open. */
  private synchronized void use(SocketAddress peer, boolean isKept) {
    Entry entry = open.remove(peer);
    if (entry != null) {
      entry.isKept = isKept;
      open.put(peer, entry);
    }
  }
}
