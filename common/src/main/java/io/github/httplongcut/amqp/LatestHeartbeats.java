package io.github.httplongcut.amqp;

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
 * Heartbeats that have come and are not decoded yet: the newest of each agent and target
 * (docs/protocol.md section 4, "Heartbeats"). The reader thread adds them; a turn of the loop reads
 * them.
 *
 * <p>One user's flood must not hold up others:
 *
 * <ul>
 *   <li>a heartbeat replaces an older one of the same user and routing key
 *   <li>a turn reads for {@link #TURN} at most, and the next one comes {@link #PAUSE} later
 *   <li>in a turn, next is the user of whom the fewest bytes were read
 *   <li>of one user {@link #BYTES_OF_USER} wait at most; further heartbeats are dropped
 * </ul>
 *
 * <p>Safe for use by several threads. Times are {@code nanoTime}.
 */
final class LatestHeartbeats {

  /** Longest time for which one turn decodes heartbeats. */
  static final Duration TURN = Duration.ofMillis(2);

  /** Time between two turns, which is the loop's for all else. */
  static final Duration PAUSE = Duration.ofMillis(8);

  /** The most that waits of one user: some 5,000 heartbeats. */
  static final int BYTES_OF_USER = 4 << 20;

  /** Longest message: that of the longest batch (docs/protocol.md section 7). */
  static final int MESSAGE_BYTES = 64 << 10;

  /** Rough cost of an entry besides the message. */
  private static final int OVERHEAD = 512;

  /** A message of the exchange {@code upstream_heartbeat}. */
  static final class Heartbeat {
    final String queue;
    final String routingKey;

    /** Only what {@link MessageReader} needs: a sender's headers may be large. */
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
     * Takes a message for a heartbeat, without decoding it.
     *
     * @throws MalformedEventException if it is too long, or not from the user in its routing key.
     *     RabbitMQ checks the keys of senders, but not those of dead letters (section 8)
     */
    static Heartbeat of(String queue, String routingKey, BasicProperties properties, byte[] body)
        throws MalformedEventException {
      if (body.length > MESSAGE_BYTES) {
        throw new MalformedEventException("a heartbeat of " + body.length + " bytes");
      }
      String user = properties.getUserId();
      if (user == null || !routingKey.startsWith(user + '.', routingKey.indexOf('.') + 1)) {
        throw new MalformedEventException("a heartbeat of another user");
      }
      if (properties.getHeaders() != null
          && properties.getHeaders().containsKey(MessageReader.DEATH)) {
        throw new MalformedEventException("a heartbeat that is a dead letter");
      }
      return new Heartbeat(queue, routingKey, properties, body);
    }

    /** Returns whether messages of that exchange are heartbeats. */
    static boolean cameBy(String exchange) {
      return exchange.equals(EventType.UPSTREAM_HEARTBEAT.wireName());
    }

    /** Decodes it, with all the checks of any other message. */
    MessageReader.Read read() throws MalformedEventException {
      return MessageReader.read(
          queue, EventType.UPSTREAM_HEARTBEAT.wireName(), routingKey, properties, body);
    }

    private int cost() {
      return body.length + OVERHEAD;
    }
  }

  /** Fate of a heartbeat that was added. */
  enum Added {
    FIRST,
    /** It took the place of an older one, which is dropped. */
    REPLACED,
    /** Too many of its user wait: it is dropped. */
    REFUSED
  }

  private static final class User {
    final String name;

    /** By routing key, the one first that came first. */
    final Map<String, Heartbeat> waiting = new LinkedHashMap<>();

    /** Of those that wait. */
    int bytes;

    /** Bytes read so far. */
    long read;

    User(String name) {
      this.name = name;
    }
  }

  /** All that were ever heard: as many as RabbitMQ has. */
  private final Map<String, User> users = new HashMap<>();

  /** Those of whom something waits. */
  private final TreeSet<User> order =
      new TreeSet<>(
          Comparator.<User>comparingLong(user -> user.read).thenComparing(user -> user.name));

  private long readOfLast; // what had been read of the user that was last: who comes begins there
  private boolean called;
  private long nextTurn;

  /**
   * Nothing waits.
   *
   * @param now when the first turn may be
   */
  LatestHeartbeats(long now) {
    nextTurn = now;
  }

  /** Lets it wait. */
  synchronized Added add(Heartbeat heartbeat) {
    User user = users.computeIfAbsent(heartbeat.properties.getUserId(), User::new);
    Heartbeat older = user.waiting.get(heartbeat.routingKey);
    int bytes = user.bytes + heartbeat.cost() - (older == null ? 0 : older.cost());
    if (bytes > BYTES_OF_USER) {
      return Added.REFUSED;
    }
    if (user.waiting.isEmpty()) {
      user.read = Math.max(user.read, readOfLast); // what was not asked for is not saved up
      order.add(user);
    }
    user.bytes = bytes;
    user.waiting.put(heartbeat.routingKey, heartbeat); // in the older one's place
    return older == null ? Added.FIRST : Added.REPLACED;
  }

  /** True once for each turn, when it is due: the caller then has the loop take it. */
  synchronized boolean callTurn(long now) {
    if (nanosToTurn(now) > 0) {
      return false;
    }
    called = true;
    return true;
  }

  /** For how long there is nothing to call; MAX_VALUE: nothing waits. */
  synchronized long nanosToTurn(long now) {
    if (called) {
      return PAUSE.toNanos(); // it may leave something, and nobody is woken when it ends
    }
    return order.isEmpty() ? Long.MAX_VALUE : Math.max(0, nextTurn - now);
  }

  /** Takes the one to be read next, within a turn. */
  synchronized Optional<Heartbeat> next() {
    User user = order.pollFirst();
    if (user == null) {
      return Optional.empty();
    }
    Iterator<Heartbeat> waiting = user.waiting.values().iterator();
    Heartbeat next = waiting.next();
    waiting.remove();
    readOfLast = user.read;
    user.bytes -= next.cost();
    user.read += next.cost();
    if (!user.waiting.isEmpty()) {
      order.add(user);
    }
    return Optional.of(next);
  }

  /** Ends a turn that was called. */
  synchronized void endTurn(long now) {
    called = false;
    nextTurn = now + PAUSE.toNanos();
  }
}
