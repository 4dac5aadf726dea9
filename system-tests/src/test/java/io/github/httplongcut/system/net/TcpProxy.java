package io.github.httplongcut.system.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;

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
  private final List<Impairment> impairments = new CopyOnWriteArrayList<>();

  /**
   * What is wrong with the connections whose login it finds.
   *
   * @param delay how long each piece is held back
   * @param held what does not pass
   */
  private record Impairment(Pattern login, Duration delay, int bytesPerSecond, Held held) {}

  private enum Held {
    NOTHING,
    REPLIES,
    EVERYTHING
  }

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
    blackHole(containing(name));
  }

  /** The same for connections in whose login {@code login} is found. */
  public void blackHole(Pattern login) {
    impair(new Impairment(login, Duration.ZERO, Integer.MAX_VALUE, Held.EVERYTHING));
  }

  /**
   * From now on what the client sends on those connections passes, and what the server sends does
   * not: RabbitMQ takes publications, and the client hears of no confirm.
   */
  public void holdReplies(Pattern login) {
    impair(new Impairment(login, Duration.ZERO, Integer.MAX_VALUE, Held.REPLIES));
  }

  /** From now on so much passes each way on each connection. */
  public void throttle(int bytesPerSecond) {
    throttle(containing(""), bytesPerSecond);
  }

  /** From now on so much passes each way on each of those connections. */
  public void throttle(Pattern login, int bytesPerSecond) {
    impair(new Impairment(login, Duration.ZERO, bytesPerSecond, Held.NOTHING));
  }

  /** From now on what is sent on those connections, either way, arrives so much later. */
  public void delay(Pattern login, Duration delay) {
    impair(new Impairment(login, delay, Integer.MAX_VALUE, Held.NOTHING));
  }

  /** All connections work again; what was held back passes. */
  public void heal() {
    impairments.clear();
    wake();
  }

  /** Those connections work again, whatever was wrong with them; what was held back passes. */
  public void heal(Pattern login) {
    impairments.removeIf(each -> each.login.pattern().equals(login.pattern()));
    wake();
  }

  /** Breaks connections whose name contains {@code name} with a TCP reset. */
  public void reset(String name) {
    reset(containing(name));
  }

  /** Breaks those connections with a TCP reset. */
  public void reset(Pattern login) {
    for (Link link : links) {
      if (link.isNamed(login)) {
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

  private static Pattern containing(String name) {
    return Pattern.compile(name, Pattern.LITERAL);
  }

  private void impair(Impairment impairment) {
    impairments.add(impairment);
    wake();
  }

  private void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void accept() throws IOException {
    while (!listener.isClosed()) {
      Socket client = listener.accept();
      Socket server = new Socket();
      try {
        server.connect(upstream);
      } catch (IOException e) {
        Link.closeQuietly(client); // nobody is there now: that is what the client sees
        continue;
      }
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

    boolean isNamed(Pattern name) {
      return name.matcher(login).find();
    }

    void pump(Socket from, Socket to) throws IOException, InterruptedException {
      byte[] buffer = new byte[BUFFER_BYTES];
      try {
        int read = from.getInputStream().read(buffer);
        while (read >= 0) {
          if (from == client && login.length() < 2_000) {
            login = login.concat(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
          }
          awaitTurn(read);
          awaitPassage(from);
          to.getOutputStream().write(buffer, 0, read);
          read = from.getInputStream().read(buffer);
        }
        awaitPassage(from);
      } finally {
        closeQuietly(to);
        closeQuietly(from);
        links.remove(this);
      }
    }

    private void awaitPassage(Socket from) throws InterruptedException {
      lock.lockInterruptibly();
      try {
        while (impairments.stream().anyMatch(each -> holds(each, from) && isNamed(each.login))) {
          changed.await();
        }
      } finally {
        lock.unlock();
      }
    }

    private boolean holds(Impairment impairment, Socket from) {
      return switch (impairment.held) {
        case NOTHING -> false;
        case REPLIES -> from == server;
        case EVERYTHING -> true;
      };
    }

    /** Takes as long as the bytes would on such a line, or until it is a better one. */
    private void awaitTurn(int bytes) throws InterruptedException {
      long from = System.nanoTime();
      lock.lockInterruptibly();
      try {
        long left = nanosFor(bytes);
        while (left > 0) {
          changed.awaitNanos(left);
          left = nanosFor(bytes) - (System.nanoTime() - from);
        }
      } finally {
        lock.unlock();
      }
    }

    private long nanosFor(int bytes) {
      return impairments.stream()
          .filter(each -> isNamed(each.login))
          .mapToLong(each -> each.delay.toNanos() + bytes * 1_000_000_000L / each.bytesPerSecond)
          .sum();
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
