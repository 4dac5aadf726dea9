package io.github.httplongcut.cli.doctor;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/** TCP connections that take a limited time to open, and to read from. */
final class PlainSocket {

  private static final int LIMIT_MS = 1_800;

  private PlainSocket() {}

  /** Connects. A read then fails if no byte arrives in time. */
  static Socket connect(String host, int port) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(host, port), LIMIT_MS);
      socket.setSoTimeout(LIMIT_MS);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }
}
