package io.github.httplongcut.cli.doctor;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The real network. */
final class LiveNetwork implements NetworkView {

  /** Less than the limit of a check, so that the check can name the address. */
  static final Duration CONNECT_LIMIT = Duration.ofMillis(1_800);

  @Override
  public List<InetAddress> resolve(String host) throws IOException {
    try {
      return List.of(InetAddress.getAllByName(host));
    } catch (UnknownHostException e) {
      throw new IOException("unknown host " + host, e);
    }
  }

  @Override
  public void connect(String host, int port) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), (int) CONNECT_LIMIT.toMillis());
    } catch (SocketTimeoutException e) {
      throw new IOException("no answer within " + CheckRunner.seconds(CONNECT_LIMIT), e);
    }
  }

  @Override
  public Optional<LocalProcess> listener(int port) {
    return LocalProcess.listeningOn(port);
  }
}
