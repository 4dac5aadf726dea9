package io.github.httplongcut.client;

import io.github.httplongcut.http.Headers;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Caller that sends exactly the bytes that a test gives it. */
final class RawHttpCaller implements AutoCloseable {

  private static final int TIMEOUT_MILLIS = 10_000;

  /** Answer as received. */
  record Answer(int status, Headers headers, String body) {}

  private final Socket socket;

  RawHttpCaller(int port) throws IOException {
    this(InetAddress.getLoopbackAddress(), port);
  }

  /**
   * @param from local address, within 127.0.0.0/8
   */
  RawHttpCaller(InetAddress from, int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port, from, 0);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.setTcpNoDelay(true);
  }

  RawHttpCaller send(String bytes) throws IOException {
    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  /** Receives an answer, with the body that its Content-Length announces. */
  Answer receive() throws IOException {
    return receive(true);
  }

  /** Receives an answer without content, such as one to HEAD, whatever its fields say. */
  Answer receiveHead() throws IOException {
    return receive(false);
  }

  /** Reads {@code bytes} bytes, or fewer if the connection ends before. */
  void read(int bytes) throws IOException {
    socket.getInputStream().readNBytes(bytes);
  }

  /** Returns whether a byte of an answer arrives within {@code time}. The byte is consumed. */
  boolean hasAnswerWithin(Duration time) throws IOException {
    socket.setSoTimeout((int) time.toMillis());
    try {
      return socket.getInputStream().read() >= 0;
    } catch (SocketTimeoutException e) {
      return false;
    } finally {
      socket.setSoTimeout(TIMEOUT_MILLIS);
    }
  }

  /** Returns whether the connection ends, by a FIN or a reset, without another byte. */
  boolean isCutOff() throws IOException {
    try {
      return isClosed();
    } catch (SocketTimeoutException e) {
      return false;
    } catch (SocketException e) {
      return true;
    }
  }

  /** Returns whether the connection ends, by a FIN, without another byte. */
  boolean isClosed() throws IOException {
    return socket.getInputStream().read() < 0;
  }

  /** Half-closes the connection: sends a FIN, and can still receive. */
  void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  /** Closes the connection with a reset. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private Answer receive(boolean withContent) throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) readByte(in));
    }
    String[] lines = head.toString().split("\r\n", -1);
    Headers.Builder headers = Headers.builder();
    for (int i = 1; i < lines.length - 2; i++) {
      int colon = lines[i].indexOf(':');
      headers.add(lines[i].substring(0, colon), lines[i].substring(colon + 1).strip());
    }
    Headers built = headers.build();
    int length = withContent ? Integer.parseInt(built.first("Content-Length").orElse("0")) : 0;
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw cutOff();
    }
    int status = Integer.parseInt(lines[0].substring("HTTP/1.1 ".length()).substring(0, 3));
    return new Answer(status, built, new String(body, StandardCharsets.UTF_8));
  }

  private static int readByte(InputStream in) throws IOException {
    int read = in.read();
    if (read < 0) {
      throw cutOff();
    }
    return read;
  }

  private static EOFException cutOff() {
    return new EOFException("the connection ended within an answer");
  }
}
