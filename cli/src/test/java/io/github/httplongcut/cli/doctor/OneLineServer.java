package io.github.httplongcut.cli.doctor;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;

/**
 * Server on 127.0.0.1 that answers the first bytes of each connection with a fixed text, and closes
 * the connection.
 */
final class OneLineServer implements AutoCloseable {

  private static final int TIMEOUT_MS = 10_000;

  private final ServerSocket server;
  private final String answer;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  /**
   * @param tls context for TLS; empty for plain TCP
   * @param answer the text
   */
  OneLineServer(Optional<SSLContext> tls, String answer) {
    this.answer = answer;
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try {
      server =
          tls.isPresent()
              ? tls.get().getServerSocketFactory().createServerSocket(0, 50, loopback)
              : new ServerSocket(0, 50, loopback);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(this::accept);
  }

  Address address() {
    return new Address("127.0.0.1", server.getLocalPort());
  }

  int port() {
    return server.getLocalPort();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        threads.execute(() -> answer(socket));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void answer(Socket socket) {
    try (socket) {
      socket.setSoTimeout(TIMEOUT_MS);
      if (socket.getInputStream().read(new byte[1_024]) > 0) {
        socket.getOutputStream().write(answer.getBytes(ISO_8859_1));
        socket.getOutputStream().flush();
      }
    } catch (IOException e) {
      return; // the client has rejected the certificate, or has hung up
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    threads.shutdownNow();
  }
}
