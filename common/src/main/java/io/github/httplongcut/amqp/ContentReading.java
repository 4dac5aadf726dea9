package io.github.httplongcut.amqp;

/**
 * Times at which the reader thread of a link's connection reads messages. RabbitMQ's reply to a
 * fence waits behind the messages that RabbitMQ sent before: they take time on a slow line, and the
 * reader thread takes time to decode a large one.
 *
 * <p>A {@link ContentGuard} notes the times.
 *
 * <p>Thread-safe. Times are {@code nanoTime}.
 */
final class ContentReading {

  private volatile OfConnection current = new OfConnection();

  /**
   * Begins the notes of a connection that is being opened. Those of the last connection, whose
   * reader thread may still run, no longer count.
   */
  OfConnection open() {
    OfConnection opened = new OfConnection();
    current = opened;
    return opened;
  }

  /** Returns the time since a message was last read; 0 while one is being read. */
  long idleNanos(long now) {
    OfConnection connection = current;
    return connection.reading ? 0 : now - connection.lastAt;
  }

  /** Notes of one connection, written by its reader thread. */
  static final class OfConnection {

    private volatile boolean reading;
    private volatile long lastAt = System.nanoTime();

    private OfConnection() {}

    /** Notes that the reader thread has a frame of a message, and handles it now. */
    void begin() {
      reading = true;
    }

    /** Notes that the reader thread has handled a frame. */
    void end(long now) {
      lastAt = now;
      reading = false;
    }
  }
}
