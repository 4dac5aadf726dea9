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
 * A TCP proxy between the processes under test and RabbitMQ. It can black-hole, reset or slow down
 * connections. It identifies an AMQP connection by the connection name in the client's login, so
 * that a fault can affect only the publishing or only the consuming connection.
 */
public final class TcpProxy implements AutoCloseable {

  private static final int BUFFER_BYTES = 64 * 1024;

  private final List<InetSocketAddress> upstreams;
  private final ServerSocket listener;
  private final List<ProxiedConnection> connections = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final AtomicInteger accepted = new AtomicInteger();
  private final List<Impairment> impairments = new CopyOnWriteArrayList<>();

  /**
   * An impairment of connections.
   *
   * @param login affects the connections in whose login this pattern is found
   * @param delay the delay of each piece of data
   * @param held the traffic that does not pass
   */
  private record Impairment(Pattern login, Duration delay, int bytesPerSecond, HeldTraffic held) {}

  private enum HeldTraffic {
    NOTHING,
    REPLIES,
    EVERYTHING
  }

  /** Starts a proxy to an address, on a free port of the loopback interface. */
  public TcpProxy(String host, int port) {
    this(List.of(new InetSocketAddress(host, port)));
  }

  /** Starts a load balancer: successive connections lead to the addresses in turn. */
  public TcpProxy(List<InetSocketAddress> upstreams) {
    this.upstreams = List.copyOf(upstreams);
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start("accept", this::accept);
  }

  /** The proxy's port on 127.0.0.1. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Number of connections accepted so far. */
  public int accepted() {
    return accepted.get();
  }

  /**
   * Holds all traffic on connections whose name contains {@code name}, including new connections.
   * The connections stay open, as on a network that drops every packet.
   */
  public void blackHole(String name) {
    blackHole(containing(name));
  }

  /**
   * Holds all traffic on connections in whose login {@code login} is found, including new
   * connections.
   */
  public void blackHole(Pattern login) {
    impair(new Impairment(login, Duration.ZERO, Integer.MAX_VALUE, HeldTraffic.EVERYTHING));
  }

  /**
   * Holds the traffic from the server to the client on matching connections. RabbitMQ then receives
   * publications, but the client receives no confirms.
   */
  public void holdReplies(Pattern login) {
    impair(new Impairment(login, Duration.ZERO, Integer.MAX_VALUE, HeldTraffic.REPLIES));
  }

  /** Limits the bandwidth of each connection, in each direction. */
  public void throttle(int bytesPerSecond) {
    throttle(containing(""), bytesPerSecond);
  }

  /** Limits the bandwidth of each matching connection, in each direction. */
  public void throttle(Pattern login, int bytesPerSecond) {
    impair(new Impairment(login, Duration.ZERO, bytesPerSecond, HeldTraffic.NOTHING));
  }

  /** Delays the traffic on matching connections, in each direction. */
  public void delay(Pattern login, Duration delay) {
    impair(new Impairment(login, delay, Integer.MAX_VALUE, HeldTraffic.NOTHING));
  }

  /** Ends all impairments; held traffic passes. */
  public void heal() {
    impairments.clear();
    wake();
  }

  /** Ends all impairments with this pattern; held traffic passes. */
  public void heal(Pattern login) {
    impairments.removeIf(each -> each.login.pattern().equals(login.pattern()));
    wake();
  }

  /** Resets the connections whose name contains {@code name}. */
  public void reset(String name) {
    reset(containing(name));
  }

  /** Resets the connections in whose login {@code login} is found. */
  public void reset(Pattern login) {
    for (ProxiedConnection connection : connections) {
      if (connection.isNamed(login)) {
        connection.reset();
      }
    }
  }

  @Override
  public void close() throws IOException {
    heal();
    listener.close();
    connections.forEach(ProxiedConnection::reset);
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
        server.connect(upstreams.get(accepted.get() % upstreams.size()));
      } catch (IOException e) {
        ProxiedConnection.closeQuietly(
            client); // RabbitMQ is down: the client sees a closed connection
        continue;
      }
      ProxiedConnection connection = new ProxiedConnection(client, server);
      connections.add(connection);
      accepted.incrementAndGet();
      start("client to server", () -> connection.pump(client, server));
      start("server to client", () -> connection.pump(server, client));
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
                return; // one side closed the connection, so the other is closed as well
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "proxy " + name);
    thread.setDaemon(true);
    thread.start();
  }

  /** One proxied connection. */
  private final class ProxiedConnection {
    private final Socket client;
    private final Socket server;
    private volatile String login = "";

    ProxiedConnection(Socket client, Socket server) {
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
        connections.remove(this);
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

    /** Waits for as long as the impairments delay {@code bytes}, or until they end. */
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
        return; // the socket is not used any more
      }
    }
  }
}
