package io.github.httplongcut.amqp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
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
 * One connection to RabbitMQ that reconnects until it is closed. The AMQP client's own recovery is
 * off, because it silently drops the state of unconfirmed messages and acks of the old connection.
 */
final class Link {

  /** Works with each connection that the link opens. */
  interface ConnectionUser {
    /**
     * Uses one connection, on the link's thread. The link closes the connection and reconnects when
     * this method returns or throws.
     */
    void use(Connection connection) throws IOException, TimeoutException, InterruptedException;
  }

  private static final Logger log = LoggerFactory.getLogger(Link.class);
  private static final Duration FIRST_BACKOFF = Duration.ofMillis(100);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration REPEAT_WARNING_AFTER = Duration.ofMinutes(1);

  private final ConnectionFactory factory;
  private final List<Address> addresses;
  private final String name;
  private final Duration maxBackoff;
  private final LinkMetrics metrics;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private ConnectionUser user;

  @GuardedBy("lock")
  private boolean closed;

  @GuardedBy("lock")
  private boolean held;

  private volatile Socket socket;
  private int failures;
  private String lastFailure = "";
  private long lastWarning;

  /**
   * Creates a link that is not connected yet.
   *
   * @param name connection name in RabbitMQ's management UI: role, id and purpose
   */
  Link(ConnectionFactory factory, AmqpConfig config, String name, LinkMetrics metrics) {
    this.factory = factory;
    this.addresses =
        config.addresses().stream()
            .map(address -> new Address(address.host(), address.port()))
            .toList();
    this.name = name;
    this.maxBackoff = config.reconnectBackoffMax();
    this.metrics = metrics;
    this.thread = new Thread(this::run, name);
    thread.setDaemon(true);
    // Closing the raw socket is the last resort to interrupt a blocked write.
    factory.setSocketConfigurator(
        factory.getSocketConfigurator().andThen(opened -> this.socket = opened));
  }

  /** Starts to connect; passes each connection to {@code user}. */
  void start(ConnectionUser user) {
    this.user = user;
    thread.start();
  }

  /** Counts a connection whose channel is open. */
  void onOpened() {
    metrics.opened();
  }

  /** Notes that the connection works, which resets the backoff. */
  void onHealthy() {
    if (failures > 0) {
      log.info("event=amqp_connected link=\"{}\" failed_attempts={}", name, failures);
    } else {
      log.debug("event=amqp_connected link=\"{}\"", name);
    }
    failures = 0;
    lastFailure = "";
  }

  /** Returns the size of the socket's send buffer; 0 if unknown. */
  int sendBufferBytes() {
    Socket open = socket;
    try {
      return open == null ? 0 : open.getSendBufferSize();
    } catch (SocketException e) {
      return 0; // already closed
    }
  }

  /** Sets whether the link waits before it opens a connection. An open connection stays. */
  void hold(boolean hold) {
    lock.lock();
    try {
      held = hold;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Breaks the connection, so that the link reconnects. From any thread; returns at once. */
  void cut(String why) {
    log.warn("event=amqp_cut link=\"{}\" why={}", name, LogText.quoted(why));
    closeSocketInBackground();
  }

  /** Closes the connection for good and waits until the link's thread ends. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    thread.interrupt();
    try {
      thread.join(CLOSE_TIMEOUT.toMillis());
      if (thread.isAlive()) {
        closeSocketInBackground();
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
        awaitRelease();
        useOnce();
      } catch (InterruptedException e) {
        return; // only close() interrupts this thread
      }
    }
  }

  private void awaitRelease() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (held && !closed) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private void useOnce() throws InterruptedException {
    Connection connection = null;
    try {
      connection = factory.newConnection(addresses, name);
      if (!isClosed()) {
        user.use(connection);
      }
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      onFailure(e);
    } catch (RuntimeException | Error e) { // nothing may end the link, not even an OutOfMemoryError
      log.error("event=bug link=\"{}\"", name, e);
      onFailure(e);
    } finally {
      if (connection != null) {
        discard(connection);
      }
    }
    backOff();
  }

  private void onFailure(Throwable e) {
    failures++;
    if (isClosed()) {
      return;
    }
    metrics.failed();
    String failure = Failures.describe(e);
    long now = System.nanoTime();
    if (!failure.equals(lastFailure) || now - lastWarning >= REPEAT_WARNING_AFTER.toNanos()) {
      log.warn(
          "event=amqp_down link=\"{}\" attempt={} why={}; retrying until it is up",
          name,
          failures,
          LogText.quoted(failure));
      lastFailure = failure;
      lastWarning = now;
    }
  }

  /** Waits with full jitter, so that the processes of a site do not all reconnect at once. */
  private void backOff() throws InterruptedException {
    long max =
        Math.min(
            maxBackoff.toNanos(), FIRST_BACKOFF.toNanos() << Math.min(20, Math.max(0, failures)));
    long left = ThreadLocalRandom.current().nextLong(max + 1);
    lock.lock();
    try {
      while (left > 0 && !closed) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private void discard(Connection connection) {
    boolean interrupted = Thread.interrupted(); // else abort() would not wait for RabbitMQ's reply
    connection.abort((int) CLOSE_TIMEOUT.toMillis()); // unlike close(), throws nothing
    closeSocketInBackground();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Closes the socket on a thread of its own, since closing a TLS socket waits for a blocked write.
   */
  private void closeSocketInBackground() {
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
