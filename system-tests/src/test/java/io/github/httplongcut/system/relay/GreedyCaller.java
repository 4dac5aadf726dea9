package io.github.httplongcut.system.relay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A caller that keeps a number of connections open and sends the same bytes on each. It replaces
 * each connection that the client agent answers or closes.
 */
final class GreedyCaller implements AutoCloseable {

  private static final int ROUND_MILLIS = 20;
  private static final int NEW_IN_A_ROUND = 20;

  private final InetAddress from;
  private final int port;
  private final byte[] request;
  private final int wanted;
  private final ScheduledExecutorService rounds = Executors.newSingleThreadScheduledExecutor();
  private final List<SocketChannel> connections = new ArrayList<>();
  private final AtomicInteger opened = new AtomicInteger();

  /**
   * @param from the caller's local address
   * @param port the client agent's port
   * @param request the bytes to send on each connection
   * @param wanted number of connections to keep open
   */
  GreedyCaller(InetAddress from, int port, String request, int wanted) {
    this.from = from;
    this.port = port;
    this.request = request.getBytes(StandardCharsets.ISO_8859_1);
    this.wanted = wanted;
    var unused = rounds.scheduleWithFixedDelay(this::round, 0, ROUND_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Returns the number of connections opened so far. */
  int opened() {
    return opened.get();
  }

  private void round() {
    connections.removeIf(GreedyCaller::isOver);
    int more = Math.min(NEW_IN_A_ROUND, wanted - connections.size());
    for (int i = 0; i < more; i++) {
      try {
        connections.add(open());
        opened.incrementAndGet();
      } catch (IOException e) {
        return; // the client agent closed it at once: try again in the next round
      }
    }
  }

  private SocketChannel open() throws IOException {
    SocketChannel connection = SocketChannel.open();
    try {
      connection.bind(new InetSocketAddress(from, 0));
      connection.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      connection.write(ByteBuffer.wrap(request));
      connection.configureBlocking(false);
      return connection;
    } catch (IOException e) {
      connection.close();
      throw e;
    }
  }

  private static boolean isOver(SocketChannel connection) {
    try {
      if (connection.read(ByteBuffer.allocate(1)) == 0) {
        return false;
      }
    } catch (IOException e) {
      // the connection was reset
    }
    close(connection);
    return true;
  }

  private static void close(SocketChannel connection) {
    try {
      connection.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    rounds.shutdown();
    try {
      if (!rounds.awaitTermination(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the greedy caller does not stop");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    connections.forEach(GreedyCaller::close);
  }
}
