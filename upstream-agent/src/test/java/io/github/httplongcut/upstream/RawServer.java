package io.github.httplongcut.upstream;

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
 * An upstream server made of bare sockets: a script decides, byte for byte, what each connection
 * gets; what it was sent is kept.
 */
final class RawServer implements Closeable {

  /** What happens on one connection; when it returns or throws, the connection is closed. */
  interface Script {
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

  /** Runs the first script on the first connection, and so on; the last one on all that follow. */
  static RawServer running(Script... scripts) throws IOException {
    return over(ServerSocketFactory.getDefault(), scripts);
  }

  static RawServer over(ServerSocketFactory factory, Script... scripts) throws IOException {
    return new RawServer(
        factory.createServerSocket(0, 50, InetAddress.getLoopbackAddress()), List.of(scripts));
  }

  /** Answers every request with these bytes, on connections that stay open. */
  static RawServer answering(String answer) throws IOException {
    return running(
        connection -> {
          while (connection.readRequest()) {
            connection.write(answer);
          }
        });
  }

  int port() {
    return listener.getLocalPort();
  }

  int connections() {
    return sockets.size();
  }

  /** Every request so far: head and content, one char per byte. */
  List<String> requests() {
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
      // closed: the test is over
    }
  }

  private void run(Script script, Socket socket) {
    try (socket) {
      script.run(new Connection(socket));
    } catch (IOException e) {
      // the client went away, which is its right
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  /** One connection, seen from the server. */
  final class Connection {

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    private Connection(Socket socket) throws IOException {
      this.socket = socket;
      this.in = socket.getInputStream();
      this.out = socket.getOutputStream();
    }

    /** Reads one request by its Content-Length; false at the end of the connection. */
    boolean readRequest() throws IOException {
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

    /** Reads a request's head and no byte more; empty at the end of the connection. */
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

    /** Reads so many bytes and forgets them; fewer at the end of the connection. */
    void skip(int bytes) throws IOException {
      in.skipNBytes(bytes);
    }

    void write(String bytes) throws IOException {
      out.write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }

    /** Returns when the client has closed its side. */
    void awaitEnd() throws IOException {
      in.transferTo(OutputStream.nullOutputStream());
    }

    void close() throws IOException {
      socket.close();
    }

    /** Ends what the server sends; what the client sends is still read. */
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
