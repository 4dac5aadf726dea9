package io.github.httplongcut.broker.core;

import java.util.HashMap;
import java.util.Map;

/**
 * Token bucket per RabbitMQ user of upstream agents. Limits the bytes of the answers that the
 * broker forwards although it does not know their requests: orphans, and answers to forgotten
 * requests. An upstream agent can make up such answers for any client agent. Without a limit they
 * would fill the broker's memory and the client agent's inbox.
 */
final class ForwardBudget {

  /** Bytes forwarded at once for one user. Enough for the orphans of a killed broker. */
  static final long BURST = 64L << 20;

  /** Bytes added to each bucket per second. */
  static final long PER_SECOND = 8L << 20;

  /** Minimum cost of one answer, in bytes. */
  static final long MIN_COST = 4 << 10;

  private static final class Bucket {
    long bytes = BURST;
    long filledAt;

    Bucket(long now) {
      this.filledAt = now;
    }

    /** Adds the bytes for the time since the last call. */
    void fill(long now) {
      long micros = Math.min((now - filledAt) / 1_000, 60_000_000);
      bytes = Math.min(BURST, bytes + micros * (PER_SECOND / 1_000) / 1_000);
      filledAt = now;
    }

    boolean isFull() {
      return bytes == BURST;
    }
  }

  /**
   * Buckets that are not full, by user. RabbitMQ has authenticated these users, so they are few.
   */
  private final Map<String, Bucket> buckets = new HashMap<>();

  /** Takes the bytes out of the user's bucket. Returns false if it holds fewer. */
  boolean take(String user, long bytes, long now) {
    Bucket bucket = buckets.computeIfAbsent(user, each -> new Bucket(now));
    bucket.fill(now);
    long cost = Math.max(bytes, MIN_COST);
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
