package io.github.httplongcut.system.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A TCP proxy between the processes under test and RabbitMQ that can black-hole or reset
 * connections, or slow them down. It knows an AMQP connection by the name that the client sends at
 * login, so that a fault can hit the publishing or the consuming one alone.
 */
public final class TcpProxy implements AutoCloseable {

  private static final int BUFFER_BYTES = 64 * 1024;

  private final InetSocketAddress upstream;
  private final ServerSocket listener;
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final AtomicInteger accepted = new AtomicInteger();
  private String blackHoled;
  private volatile int bytesPerSecond = Integer.MAX_VALUE;

  /** A proxy to that address, on a free port of the loopback interface. */
  public TcpProxy(String host, int port) {
    upstream = new InetSocketAddress(host, port);
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start("accept", this::accept);
  }

  /** Where it listens, on 127.0.0.1. */
  public int port() {
    return listener.getLocalPort();
  }

  /** How many connections it has taken so far. */
  public int accepted() {
    return accepted.get();
  }

  /**
   * From now on nothing passes either way on connections whose name contains {@code name}, new ones
   * included; they stay open, as over a network that drops every packet. Whoever reconnects is not
   * served either.
   */
  public void blackHole(String name) {
    setBlackHoled(name);
  }

  /** What was held back passes again. */
  public void heal() {
    setBlackHoled(null);
  }

  /** From now on so much passes each way on each connection. */
  public void throttle(int bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Breaks connections whose name contains {@code name} with a TCP reset. */
  public void reset(String name) {
    for (Link link : links) {
      if (link.isNamed(name)) {
        link.reset();
      }
    }
  }

  @Override
  public void close() throws IOException {
    heal();
    listener.close();
    links.forEach(Link::reset);
  }

  private void setBlackHoled(String name) {
    lock.lock();
    try {
      blackHoled = name;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void accept() throws IOException {
    while (!listener.isClosed()) {
      Socket client = listener.accept();
      Socket server = new Socket();
      server.connect(upstream);
      Link link = new Link(client, server);
      links.add(link);
      accepted.incrementAndGet();
      start("client to server", () -> link.pump(client, server));
      start("server to client", () -> link.pump(server, client));
    }
  }

  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private static void start(String name, Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                return; // a side hung up: that is what the other sees
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "proxy " + name);
    thread.setDaemon(true);
    thread.start();
  }

  /** One proxied connection. */
  private final class Link {
    private final Socket client;
    private final Socket server;
    private volatile String login = "";

    Link(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    boolean isNamed(String name) {
      return login.contains(name);
    }

    void pump(Socket from, Socket to) throws IOException, InterruptedException {
      byte[] buffer = new byte[BUFFER_BYTES];
      try {
        int read = from.getInputStream().read(buffer);
        while (read >= 0) {
          if (from == client && login.length() < 2_000) {
            login = login.concat(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
          }
          awaitPassage();
          awaitTurn(read);
          to.getOutputStream().write(buffer, 0, read);
          read = from.getInputStream().read(buffer);
        }
        awaitPassage();
      } finally {
        closeQuietly(to);
        closeQuietly(from);
        links.remove(this);
      }
    }

    private void awaitPassage() throws InterruptedException {
      lock.lockInterruptibly();
      try {
        while (blackHoled != null && isNamed(blackHoled)) {
          changed.await();
        }
      } finally {
        lock.unlock();
      }
    }

    /** Takes as long as the bytes would on a line of that bandwidth. */
    private void awaitTurn(int bytes) throws InterruptedException {
      long left = bytes * 1_000_000_000L / bytesPerSecond;
      lock.lockInterruptibly();
      try {
        while (left > 0) {
          left = changed.awaitNanos(left);
        }
      } finally {
        lock.unlock();
      }
    }

    void reset() {
      try {
        client.setSoLinger(true, 0);
        server.setSoLinger(true, 0);
      } catch (IOException e) {
        return; // closed already
      }
      closeQuietly(client);
      closeQuietly(server);
    }

    private static void closeQuietly(Socket socket) {
      try {
        socket.close();
      } catch (IOException e) {
        return; // it is of no more use anyway
      }
    }
  }
}
