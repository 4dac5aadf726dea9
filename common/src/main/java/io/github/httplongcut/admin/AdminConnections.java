package io.github.httplongcut.admin;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.undertow.server.AbstractServerConnection;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
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

  private final int limit;

  /** Open connections, least recently used first, and whether each is kept. */
  @GuardedBy("this")
  private final Map<StreamConnection, Boolean> open = new LinkedHashMap<>();

  /**
   * @param limit maximum number of connections
   */
  AdminConnections(int limit) {
    this.limit = limit;
  }

  /** Adds a new connection. Returns false if it must be closed instead. */
  boolean add(StreamConnection connection) {
    StreamConnection displaced = null;
    synchronized (this) {
      if (open.size() >= limit) {
        displaced = removeOldest();
        if (displaced == null) {
          return false;
        }
      }
      open.put(connection, false);
    }
    connection.setCloseListener(this::remove);
    IoUtils.safeClose(displaced);
    return true;
  }

  @GuardedBy("this")
  private StreamConnection removeOldest() {
    for (Map.Entry<StreamConnection, Boolean> each : open.entrySet()) {
      StreamConnection connection = each.getKey();
      if (!each.getValue()) {
        open.remove(connection);
        return connection;
      }
    }
    return null;
  }

  private synchronized void remove(StreamConnection connection) {
    open.remove(connection);
  }

  /** Notes a request, so that {@link #keep} finds this object. */
  void onRequest(HttpServerExchange exchange) {
    exchange.putAttachment(KEY, this);
    use(connectionOf(exchange), false);
  }

  /**
   * Keeps the connection of a request until its answer is sent. The caller of the request has been
   * admitted. Returns false if the connection was displaced before: nobody waits for an answer.
   */
  static boolean keep(HttpServerExchange exchange) {
    AdminConnections connections = exchange.getAttachment(KEY);
    StreamConnection connection = connectionOf(exchange);
    if (!connections.use(connection, true)) {
      return false;
    }
    exchange.addExchangeCompleteListener(
        (completed, next) -> {
          connections.use(connection, false);
          next.proceed();
        });
    return true;
  }

  private static StreamConnection connectionOf(HttpServerExchange exchange) {
    return ((AbstractServerConnection) exchange.getConnection()).getChannel();
  }

  /** Makes a connection the most recently used one. Returns whether it is still open. */
  private synchronized boolean use(StreamConnection connection, boolean isKept) {
    if (open.remove(connection) == null) {
      return false;
    }
    open.put(connection, isKept);
    return true;
  }
}
