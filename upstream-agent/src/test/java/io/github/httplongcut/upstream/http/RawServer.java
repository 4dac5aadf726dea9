package io.github.httplongcut.upstream.http;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ServerSocketFactory;

/**
 * An upstream server on plain sockets. A script decides which bytes each connection gets. The
 * server records all requests.
 */
public final class RawServer implements Closeable {

  /**
   * The server's side of one connection. The connection closes when the script returns or throws.
   */
  public interface Script {
    void run(Connection connection) throws IOException;
  }

  private final ServerSocket listener;
  private final List<Script> scripts;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  private RawServer(ServerSocket listener, List<Script> scripts) {
    this.listener = listener;
    this.scripts = scripts;
    Thread thread = new Thread(this::accept, "raw server");
    thread.setDaemon(true);
    thread.start();
  }

  /** Runs the first script on the first connection, and so on; the last script on all others. */
  public static RawServer running(Script... scripts) throws IOException {
    return over(ServerSocketFactory.getDefault(), scripts);
  }

  static RawServer over(ServerSocketFactory factory, Script... scripts) throws IOException {
    return new RawServer(
        factory.createServerSocket(0, 50, InetAddress.getLoopbackAddress()), List.of(scripts));
  }

  /** Answers every request with these bytes, on connections that stay open. */
  static RawServer answering(String response) throws IOException {
    return running(
        connection -> {
          while (connection.readRequest()) {
            connection.write(response);
          }
        });
  }

  public int port() {
    return listener.getLocalPort();
  }

  public int connections() {
    return sockets.size();
  }

  /** Returns every request so far: head and content, one char per byte. */
  public List<String> requests() {
    return requests;
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        Script script = scripts.get(Math.min(sockets.size(), scripts.size() - 1));
        sockets.add(socket);
        Thread thread = new Thread(() -> run(script, socket), "raw server connection");
        thread.setDaemon(true);
        thread.start();
      }
    } catch (IOException e) {
      // The test has closed the server.
    }
  }

  private void run(Script script, Socket socket) {
    try (socket) {
      script.run(new Connection(socket));
    } catch (IOException e) {
      // The client may close the connection at any time.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  /** The server's end of one connection. */
  public final class Connection {

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    private Connection(Socket socket) throws IOException {
      this.socket = socket;
      this.in = socket.getInputStream();
      this.out = socket.getOutputStream();
    }

    /** Reads one request by its Content-Length. Returns false at the end of the connection. */
    public boolean readRequest() throws IOException {
      String text = readHead();
      if (text.isEmpty()) {
        return false;
      }
      int length = 0;
      for (String line : text.split("\r\n", -1)) {
        if (line.regionMatches(true, 0, "content-length: ", 0, 16)) {
          length = Integer.parseInt(line.substring(16));
        }
      }
      requests.add(text + new String(in.readNBytes(length), StandardCharsets.ISO_8859_1));
      return true;
    }

    /** Reads only the head of a request. Returns "" at the end of the connection. */
    String readHead() throws IOException {
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
        int read = in.read();
        if (read < 0) {
          return "";
        }
        head.write(read);
      }
      return head.toString(StandardCharsets.ISO_8859_1);
    }

    /** Reads and discards {@code bytes} bytes, or fewer at the end of the connection. */
    void skip(int bytes) throws IOException {
      in.skipNBytes(bytes);
    }

    public void write(String bytes) throws IOException {
      out.write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }

    /** Blocks until the client has closed its side. */
    void awaitEnd() throws IOException {
      in.transferTo(OutputStream.nullOutputStream());
    }

    void close() throws IOException {
      socket.close();
    }

    /** Closes the server's sending side; the client can still send. */
    void closeOutput() throws IOException {
      socket.shutdownOutput();
    }

    /** Ends the connection with RST instead of FIN. */
    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }
}
