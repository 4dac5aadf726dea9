package io.github.httplongcut.broker.core;

import java.util.HashMap;
import java.util.Map;

/**
 * Bytes that each RabbitMQ user may have forwarded to client agents for requests that this broker
 * does not know: answers to what it has forgotten, and orphans. A token bucket for each user. An
 * upstream agent can make such answers up, for any client agent; without a bound they would fill
 * this broker's memory and that client agent's inbox.
 */
final class ForwardBudget {

  /** Bytes that a user may have forwarded at once: what a broker that is killed leaves behind. */
  static final long BURST = 64L << 20;

  /** Bytes for each second besides. */
  static final long PER_SECOND = 8L << 20;

  /** Least cost of one answer, however short. */
  static final long LEAST = 4 << 10;

  private static final class Bucket {
    long bytes = BURST;
    long filledAt;

    Bucket(long now) {
      this.filledAt = now;
    }

    /** Adds what time has brought. */
    void fill(long now) {
      long micros = Math.min((now - filledAt) / 1_000, 60_000_000);
      bytes = Math.min(BURST, bytes + micros * (PER_SECOND / 1_000) / 1_000);
      filledAt = now;
    }

    boolean isFull() {
      return bytes == BURST;
    }
  }

  /** Of users that had something forwarded lately: those that RabbitMQ vouches for, a few. */
  private final Map<String, Bucket> buckets = new HashMap<>();

  /** Takes the bytes out of the user's bucket; false if there are too few in it. */
  boolean take(String user, long bytes, long now) {
    Bucket bucket = buckets.computeIfAbsent(user, each -> new Bucket(now));
    bucket.fill(now);
    long cost = Math.max(bytes, LEAST);
    if (cost > bucket.bytes) {
      return false;
    }
    bucket.bytes -= cost;
    return true;
  }

  /** Forgets the users whose buckets are full again. */
  void onTick(long now) {
    if (!buckets.isEmpty()) {
      buckets.values().forEach(bucket -> bucket.fill(now));
      buckets.values().removeIf(Bucket::isFull);
    }
  }
}
