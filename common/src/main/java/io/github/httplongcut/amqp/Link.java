package io.github.httplongcut.amqp;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.logging.LogText;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to RabbitMQ, made anew for ever. The client's own recovery is off: it would drop
 * the state of unconfirmed messages and forget stale acks without a word.
 */
final class Link {

  /** Uses one connection until it is lost; runs on the link's thread. */
  interface Use {
    /** Returns when the connection is of no more use; throws when it is lost or unusable. */
    void use(Connection connection) throws IOException, TimeoutException, InterruptedException;
  }

  private static final Logger log = LoggerFactory.getLogger(Link.class);
  private static final Duration FIRST_BACKOFF = Duration.ofMillis(100);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration REPEATED_WARNING = Duration.ofMinutes(1);

  private final ConnectionFactory factory;
  private final List<Address> addresses;
  private final String name;
  private final Duration longestBackoff;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition closing = lock.newCondition();
  private Use use;
  private boolean closed;
  private volatile Socket socket;
  private int failures;
  private String lastFailure = "";
  private long lastWarning;

  /**
   * A link that is not up yet.
   *
   * @param name what the management UI shows: role, id and what it is for
   */
  Link(ConnectionFactory factory, AmqpConfig config, String name) {
    this.factory = factory;
    this.addresses =
        config.addresses().stream()
            .map(address -> new Address(address.host(), address.port()))
            .toList();
    this.name = name;
    this.longestBackoff = config.reconnectBackoffMax();
    this.thread = new Thread(this::run, name);
    thread.setDaemon(true);
    // The raw socket is the last resort: closing it frees a writer that is stuck in it.
    factory.setSocketConfigurator(
        factory.getSocketConfigurator().andThen(opened -> this.socket = opened));
  }

  /** Connects and reconnects from now on, having each connection used. */
  void start(Use use) {
    this.use = use;
    thread.start();
  }

  /** The connection is good for what it is for: the next backoff starts small again. */
  void healthy() {
    if (failures > 0) {
      log.info("event=amqp_connected link=\"{}\" failed_attempts={}", name, failures);
    } else {
      log.debug("event=amqp_connected link=\"{}\"", name);
    }
    failures = 0;
    lastFailure = "";
  }

  /** How much the connection's socket takes before a writer has to wait; 0 if it cannot be told. */
  int sendBufferBytes() {
    Socket open = socket;
    try {
      return open == null ? 0 : open.getSendBufferSize();
    } catch (SocketException e) {
      return 0; // it is closed already
    }
  }

  /** Breaks the connection, from any thread and without waiting for it: it is made anew. */
  void cut(String why) {
    log.warn("event=amqp_cut link=\"{}\" why={}", name, LogText.quoted(why));
    closeSocketAside();
  }

  /** Closes the connection for good and waits for the link's thread. */
  void close() {
    lock.lock();
    try {
      closed = true;
      closing.signalAll();
    } finally {
      lock.unlock();
    }
    thread.interrupt();
    try {
      thread.join(CLOSE_TIMEOUT.toMillis());
      if (thread.isAlive()) {
        closeSocketAside();
        thread.join(CLOSE_TIMEOUT.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    while (!isClosed()) {
      try {
        useOnce();
      } catch (InterruptedException e) {
        return; // close() does this, nobody else
      }
    }
  }

  private void useOnce() throws InterruptedException {
    Connection connection = null;
    try {
      connection = factory.newConnection(addresses, name);
      if (!isClosed()) {
        use.use(connection);
      }
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      failed(e);
    } catch (RuntimeException | Error e) { // none of them, not even a lack of memory, ends the link
      log.error("event=bug link=\"{}\"", name, e);
      failed(e);
    } finally {
      if (connection != null) {
        discard(connection);
      }
    }
    pause();
  }

  private void failed(Throwable e) {
    failures++;
    if (isClosed()) {
      return;
    }
    String failure = Failures.describe(e);
    long now = System.nanoTime();
    if (!failure.equals(lastFailure) || now - lastWarning >= REPEATED_WARNING.toNanos()) {
      log.warn(
          "event=amqp_down link=\"{}\" attempt={} why={}; trying again for ever",
          name,
          failures,
          LogText.quoted(failure));
      lastFailure = failure;
      lastWarning = now;
    }
  }

  /** Full jitter: the processes of a site must not come back all at the same moment. */
  private void pause() throws InterruptedException {
    long most =
        Math.min(
            longestBackoff.toNanos(),
            FIRST_BACKOFF.toNanos() << Math.min(20, Math.max(0, failures)));
    long left = ThreadLocalRandom.current().nextLong(most + 1);
    lock.lock();
    try {
      while (left > 0 && !closed) {
        left = closing.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private void discard(Connection connection) {
    boolean interrupted = Thread.interrupted(); // or the close below would not be heard
    connection.abort((int) CLOSE_TIMEOUT.toMillis()); // throws nothing, whatever RabbitMQ answers
    closeSocketAside();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Closing a TLS socket may wait for a writer that is stuck in it: never do it on our threads. */
  private void closeSocketAside() {
    Socket open = socket;
    if (open == null || open.isClosed()) {
      return;
    }
    Thread closer = new Thread(() -> closeQuietly(open), name + " closer");
    closer.setDaemon(true);
    closer.start();
  }

  private void closeQuietly(Socket open) {
    try {
      open.setSoLinger(true, 0);
      open.close();
    } catch (IOException e) {
      log.debug(
          "event=socket_close_failed link=\"{}\" why={}", name, LogText.quoted(e.getMessage()));
    }
  }
}
