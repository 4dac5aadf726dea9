package io.github.httplongcut.amqp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.rabbitmq.client.AMQP.BasicProperties;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.MalformedEventException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Heartbeats that wait to be decoded, the newest of each agent and target (docs/protocol.md section
 * 4, "Heartbeats"). The connection's reader thread adds them; the loop decodes them in turns.
 *
 * <p>A flood from one user must not delay the heartbeats of others:
 *
 * <ul>
 *   <li>A heartbeat replaces an older one of the same user and routing key.
 *   <li>A turn takes {@link #MAX_TURN} at most; the next one starts {@link #TURN_INTERVAL} after
 *       its end.
 *   <li>The next heartbeat to decode is always from the user with the fewest bytes decoded so far.
 *   <li>At most {@link #MAX_BYTES_PER_USER} of one user wait; further heartbeats are dropped.
 * </ul>
 *
 * <p>Thread-safe. Times are {@code nanoTime}.
 */
final class LatestHeartbeats {

  /** Longest time for which one turn decodes heartbeats. */
  static final Duration MAX_TURN = Duration.ofMillis(2);

  /** Time between two turns, for the loop's other tasks. */
  static final Duration TURN_INTERVAL = Duration.ofMillis(8);

  /** Most waiting bytes of one user, some 5,000 heartbeats. */
  static final int MAX_BYTES_PER_USER = 4 << 20;

  /** Longest valid message: a batch of the maximum length (docs/protocol.md section 7). */
  static final int MAX_MESSAGE_BYTES = 64 << 10;

  /** Estimated memory of an entry besides the message's body. */
  private static final int ENTRY_OVERHEAD_BYTES = 512;

  /** A message of the exchange {@code upstream_heartbeat}, not decoded yet. */
  static final class Heartbeat {
    final String queue;
    final String routingKey;

    /** Only the properties that {@link MessageReader} needs, since headers may be large. */
    final BasicProperties properties;

    final byte[] body;

    Heartbeat(String queue, String routingKey, BasicProperties properties, byte[] body) {
      this.queue = queue;
      this.routingKey = routingKey;
      this.properties =
          new BasicProperties.Builder()
              .type(properties.getType())
              .userId(properties.getUserId())
              .build();
      this.body = body;
    }

    /**
     * Checks a message that came by the exchange for heartbeats, without decoding it.
     *
     * @throws MalformedEventException if the message is too long, is a dead letter, or is not from
     *     the user in its routing key. RabbitMQ does not check the keys of dead letters (protocol
     *     section 8)
     */
    static Heartbeat of(String queue, String routingKey, BasicProperties properties, byte[] body)
        throws MalformedEventException {
      if (body.length > MAX_MESSAGE_BYTES) {
        throw new MalformedEventException("this heartbeat is too long: " + body.length + " bytes");
      }
      String user = properties.getUserId();
      if (user == null || !routingKey.startsWith(user + '.', routingKey.indexOf('.') + 1)) {
        throw new ForgedMessageException(
            "the routing key of this heartbeat does not name its user");
      }
      if (properties.getHeaders() != null
          && properties.getHeaders().containsKey(MessageReader.X_DEATH)) {
        throw new ForgedMessageException("this heartbeat is a dead letter");
      }
      return new Heartbeat(queue, routingKey, properties, body);
    }

    /** Returns whether this is the exchange for heartbeats. */
    static boolean isHeartbeatExchange(String exchange) {
      return exchange.equals(EventType.UPSTREAM_HEARTBEAT.wireName());
    }

    /** Decodes the heartbeat, with the same checks as any other message. */
    MessageReader.DecodedMessage decode() throws MalformedEventException {
      return MessageReader.read(
          queue, EventType.UPSTREAM_HEARTBEAT.wireName(), routingKey, properties, body);
    }

    private int costBytes() {
      return body.length + ENTRY_OVERHEAD_BYTES;
    }
  }

  /** Result of adding a heartbeat. */
  enum AddResult {
    /** Added; no older one was waiting. */
    FIRST,
    /** Added in place of an older one, which was dropped. */
    REPLACED,
    /** Dropped, because too many bytes of its user wait. */
    REFUSED
  }

  private static final class User {
    final String name;

    /** Waiting heartbeats by routing key, in the order in which the keys arrived. */
    final Map<String, Heartbeat> waiting = new LinkedHashMap<>();

    /** Bytes of the waiting heartbeats. */
    int waitingBytes;

    /** Bytes decoded so far; may be raised when the user has waiting heartbeats again. */
    long bytesRead;

    User(String name) {
      this.name = name;
    }
  }

  /** All users that have ever sent a heartbeat; at most as many as RabbitMQ has. */
  @GuardedBy("this")
  private final Map<String, User> users = new HashMap<>();

  /** Users with waiting heartbeats, the next one first. */
  @GuardedBy("this")
  private final TreeSet<User> usersByBytesRead =
      new TreeSet<>(
          Comparator.<User>comparingLong(user -> user.bytesRead).thenComparing(user -> user.name));

  /**
   * The {@code bytesRead} of the user whose heartbeat was taken last, before that heartbeat was
   * added to it. A user that has waiting heartbeats again starts with at least this value.
   */
  @GuardedBy("this")
  private long bytesReadOfLastUser;

  @GuardedBy("this")
  private boolean turnScheduled;

  @GuardedBy("this")
  private long nextTurnAt;

  /**
   * Creates the collection without heartbeats.
   *
   * @param now earliest time of the first turn
   */
  LatestHeartbeats(long now) {
    nextTurnAt = now;
  }

  /** Adds a heartbeat, unless too many bytes of its user wait. */
  synchronized AddResult add(Heartbeat heartbeat) {
    User user = users.computeIfAbsent(heartbeat.properties.getUserId(), User::new);
    Heartbeat older = user.waiting.get(heartbeat.routingKey);
    int bytes = user.waitingBytes + heartbeat.costBytes() - (older == null ? 0 : older.costBytes());
    if (bytes > MAX_BYTES_PER_USER) {
      return AddResult.REFUSED;
    }
    if (user.waiting.isEmpty()) {
      user.bytesRead = Math.max(user.bytesRead, bytesReadOfLastUser); // silence earns no credit
      usersByBytesRead.add(user);
    }
    user.waitingBytes = bytes;
    user.waiting.put(heartbeat.routingKey, heartbeat); // keeps the older one's position
    return older == null ? AddResult.FIRST : AddResult.REPLACED;
  }

  /**
   * Returns whether a turn is due that no caller has claimed yet, and claims it. The caller must
   * have the loop run a claimed turn.
   */
  synchronized boolean claimTurn(long now) {
    if (nanosToTurn(now) > 0) {
      return false;
    }
    turnScheduled = true;
    return true;
  }

  /** Returns the time until the caller should try to claim a turn; MAX_VALUE if nothing waits. */
  synchronized long nanosToTurn(long now) {
    if (turnScheduled) {
      // Heartbeats may be left after the turn. Its end wakes no thread, so the caller asks again.
      return TURN_INTERVAL.toNanos();
    }
    return usersByBytesRead.isEmpty() ? Long.MAX_VALUE : Math.max(0, nextTurnAt - now);
  }

  /** Removes and returns the next heartbeat to decode; within a turn. */
  synchronized Optional<Heartbeat> next() {
    User user = usersByBytesRead.pollFirst();
    if (user == null) {
      return Optional.empty();
    }
    Iterator<Heartbeat> waiting = user.waiting.values().iterator();
    Heartbeat next = waiting.next();
    waiting.remove();
    bytesReadOfLastUser = user.bytesRead;
    user.waitingBytes -= next.costBytes();
    user.bytesRead += next.costBytes();
    if (!user.waiting.isEmpty()) {
      usersByBytesRead.add(user);
    }
    return Optional.of(next);
  }

  /** Ends a claimed turn. */
  synchronized void endTurn(long now) {
    turnScheduled = false;
    nextTurnAt = now + TURN_INTERVAL.toNanos();
  }
}
