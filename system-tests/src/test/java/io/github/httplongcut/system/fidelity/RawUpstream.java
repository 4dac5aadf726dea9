package io.github.httplongcut.system.fidelity;

import io.github.httplongcut.system.fidelity.WireReader.Head;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An upstream server on plain sockets. It records requests byte by byte and answers with scripted
 * bytes. Serves one caller at a time, with a thread for each connection.
 */
final class RawUpstream implements AutoCloseable {

  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);

  private final ServerSocket server;
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final List<RawMessage> seen = new ArrayList<>();
  private final List<IOException> malformed = new ArrayList<>();
  private List<ServerAnswer> script = List.of();

  RawUpstream() {
    try {
      server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    daemon(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** The server's value of Host. */
  String authority() {
    return "127.0.0.1:" + port();
  }

  /**
   * Sets the responses to the next requests, in order, and clears the record. The last response is
   * repeated.
   */
  synchronized void answers(List<ServerAnswer> answers) {
    script = List.copyOf(answers);
    seen.clear();
    malformed.clear();
  }

  /**
   * The requests since {@link #answers}.
   *
   * @throws AssertionError if a malformed request arrived
   */
  synchronized List<RawMessage> seen() {
    if (!malformed.isEmpty()) {
      throw new AssertionError(
          "the upstream server received a malformed request", malformed.get(0));
    }
    return List.copyOf(seen);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket connection = server.accept();
        connections.add(connection);
        daemon(() -> serve(connection));
      } catch (IOException e) {
        // closed: the loop ends
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      connection.setTcpNoDelay(true);
      WireReader reader = new WireReader(connection.getInputStream());
      OutputStream out = connection.getOutputStream();
      Optional<Head> head = reader.requestHead();
      while (head.isPresent()) {
        if (head.get().has("Expect")) {
          out.write(CONTINUE);
        }
        ServerAnswer answer = recordRequest(reader.requestBody(head.get()));
        out.write(answer.bytes().getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        switch (answer.then()) {
          case KEEP_ALIVE -> head = reader.requestHead();
          case CLOSE -> head = Optional.empty();
          case RESET -> {
            connection.setSoLinger(true, 0);
            head = Optional.empty();
          }
          case SILENCE -> {
            var unused = reader.rest();
            head = Optional.empty();
          }
        }
      }
    } catch (WireReader.MalformedException e) {
      recordMalformed(e);
    } catch (IOException e) {
      // The client closed the connection; its complete requests are recorded.
    } finally {
      connections.remove(connection);
    }
  }

  private synchronized ServerAnswer recordRequest(RawMessage request) {
    ServerAnswer answer = script.get(Math.min(seen.size(), script.size() - 1));
    seen.add(request);
    return answer;
  }

  private synchronized void recordMalformed(IOException e) {
    malformed.add(e);
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "raw upstream");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    try {
      server.close();
      for (Socket connection : connections) {
        connection.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
