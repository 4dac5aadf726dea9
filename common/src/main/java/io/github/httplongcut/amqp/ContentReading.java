package io.github.httplongcut.amqp;

/**
 * Times at which a connection's reader thread reads messages. RabbitMQ's reply to a fence waits
 * behind the messages that RabbitMQ sent before: they take time on a slow line, and the reader
 * thread takes time to decode a large one.
 *
 * <p>A {@link ContentGuard} notes the times.
 *
 * <p>Thread-safe. Times are {@code nanoTime}.
 */
final class ContentReading {

  private volatile boolean reading;
  private volatile long lastAt = System.nanoTime();

  /** Notes that the reader thread has a frame of a message, and handles it now. */
  void begin() {
    reading = true;
  }

  /** Notes that the reader thread has handled a frame, or that a new connection is opened. */
  void end(long now) {
    lastAt = now;
    reading = false;
  }

  /** Returns the time since a message was last read; 0 while one is being read. */
  long idleNanos(long now) {
    return reading ? 0 : now - lastAt;
  }
}
