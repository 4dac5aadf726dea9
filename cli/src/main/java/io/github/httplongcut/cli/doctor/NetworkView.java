package io.github.httplongcut.cli.doctor;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** The network as this machine sees it. Thread-safe. */
interface NetworkView {

  /**
   * Returns the addresses of a host.
   *
   * @throws IOException if there are none
   */
  List<InetAddress> resolve(String host) throws IOException;

  /**
   * Connects by TCP, and disconnects.
   *
   * @throws IOException if it does not connect in time
   */
  void connect(String host, int port) throws IOException;

  /** Returns the process of this machine that listens on a port, if it can be found. */
  Optional<LocalProcess> listener(int port);
}
