package io.github.httplongcut.system.relay;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** An upstream server on plain sockets that never answers and counts closed connections. */
final class SilentUpstream implements AutoCloseable {

  private final ServerSocket listener;
  private final List<Socket> connections = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final AtomicInteger ended = new AtomicInteger();

  SilentUpstream() {
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start("accept", this::accept);
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  /** The request line of each request received. */
  List<String> requests() {
    return requests;
  }

  /** Number of connections with a request that the client has closed. */
  int ended() {
    return ended.get();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket connection = listener.accept();
        connections.add(connection);
        start("connection", () -> read(connection));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void read(Socket connection) {
    boolean hasRequest = false;
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1))) {
      String line = reader.readLine();
      if (line != null) {
        hasRequest = true;
        requests.add(line);
      }
      while (line != null) {
        line = reader.readLine();
      }
    } catch (IOException e) {
      hasRequest = hasRequest && !listener.isClosed(); // a reset counts as closed, too
    }
    if (hasRequest) {
      ended.incrementAndGet();
    }
  }

  private static void start(String name, Runnable work) {
    Thread thread = new Thread(work, "silent upstream " + name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    try {
      listener.close();
      for (Socket connection : connections) {
        connection.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
