package io.github.httplongcut.broker.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides when a broker consumes the shared queues, and with which prefetch, so that it takes only
 * what it can serve (docs/protocol.md section 4, "Broker").
 *
 * <pre>
 *             channel open                 heartbeat, or 1 s            no backlog, or
 *             (says hello)                 without one                  full prefetch
 *   CLOSED ───────────────▶ STARTING ─────────────────────▶ GROWING ────────────────────▶ OPEN
 *     ▲                                                      │   ▲                         │
 *     │ channel lost,                       holds            │   │ holds                   │
 *     │ from any state                      max-in-flight    │   │ less than 90 %          │
 *     │                                                      ▼   │                         │
 *     │                                                      FULL ◀────────────────────────┘
 *   DRAINING: from any state, for good
 * </pre>
 *
 * <p>Requests pile up in RabbitMQ while there is no broker. If the next broker took all of them,
 * many would find its waiting room full. If it took them slowly, client agents would take the relay
 * for overloaded, since all acks would be late. So the broker takes at once what its waiting room
 * holds, and not more:
 *
 * <ul>
 *   <li>The prefetch starts at {@value #FIRST_PREFETCH} messages. They tell how many requests a
 *       message holds.
 *   <li>When as many messages have come as it allows, more may wait in RabbitMQ. Then it grows to
 *       what fits into the waiting room: even if no agent took anything, no request would be
 *       refused.
 *   <li>It becomes the full prefetch a second after it grew last, if fewer messages have come than
 *       it allowed (none waits in RabbitMQ), or if agents take what comes: the waiting room is at
 *       most a quarter full, and of max-in-flight at most half is held.
 *   <li>After 5 s the waiting room no longer limits it. The agents are overloaded, and requests for
 *       their target must not block the queue for other targets: those that do not fit are refused.
 * </ul>
 *
 * <p>Until it is the full one, the prefetch never exceeds the number of requests that the broker
 * may still take. More requests may come all the same, since a message may hold several, and
 * RabbitMQ does not count a request that is settled. These are refused as {@code overloaded}.
 *
 * <p>Hellos are repeated until a heartbeat has come, since the first one may be lost: every 250 ms,
 * and every second after the first second. All methods belong to one thread; times are {@code
 * nanoTime}.
 */
public final class Intake {

  static final int FIRST_PREFETCH = 32;

  private static final long HELLO_INTERVAL = Duration.ofMillis(250).toNanos();
  private static final long HELLO_INTERVAL_LATER = Duration.ofSeconds(1).toNanos();
  private static final long LONGEST_START = Duration.ofSeconds(1).toNanos();
  private static final long PROVEN_AFTER = Duration.ofSeconds(1).toNanos();
  private static final long OVERLOADED_AFTER = Duration.ofSeconds(5).toNanos();

  /** States of the consumption. */
  public enum State {
    /** The channel is not open: nothing can be consumed. */
    CLOSED,
    /** Waits for the agents' heartbeats. */
    STARTING,
    /** Takes requests, with less than the full prefetch. */
    GROWING,
    /** Takes requests with the full prefetch. */
    OPEN,
    /** Holds as many requests as it may, and takes none. */
    FULL,
    /** Takes nothing more. */
    DRAINING
  }

  /** Step for its caller to take. */
  public sealed interface Step {

    /** Asks the upstream agents for their heartbeats. */
    record SayHello() implements Step {}

    /** Consumes the queue of orphans. */
    record TakeOrphans() implements Step {}

    /**
     * Consumes the queue of requests, or changes the prefetch.
     *
     * @param prefetch messages, 0: takes no requests for now
     */
    record TakeRequests(int prefetch) implements Step {}
  }

  /**
   * Limits.
   *
   * @param prefetch the full one, in messages
   * @param maxInFlight requests held
   * @param maxWaiting of those in the waiting room
   */
  public record Limits(int prefetch, int maxInFlight, int maxWaiting) {}

  /**
   * Load of the broker now.
   *
   * @param held requests that it holds
   * @param waiting of those in the waiting room
   * @param room how many more requests the waiting room surely takes
   */
  public record Load(int held, int waiting, int room) {}

  private final Limits limits;
  private State state = State.CLOSED;
  private boolean open;
  private boolean heard;
  private long openedAt;
  private long saidHelloAt;
  private long beganAt;
  private long grewAt;
  private int prefetch;
  private int messages;
  private int requests;

  /** An intake whose channel is not open yet. */
  public Intake(Limits limits) {
    this.limits = limits;
  }

  /** Returns its state. */
  public State state() {
    return state;
  }

  /** Returns whether ticks may come seldom. */
  public boolean isQuiet() {
    return state == State.CLOSED || state == State.OPEN || state == State.DRAINING;
  }

  /** The channel is open and the broker's own queues are consumed; shared ones are not. */
  public List<Step> onConsuming(long now) {
    open = true;
    heard = false;
    openedAt = now;
    saidHelloAt = now;
    if (state != State.DRAINING) {
      state = State.STARTING;
    }
    return List.of(new Step.SayHello());
  }

  /** The channel is lost, and with it every consumer. */
  public void onConsumingLost() {
    open = false;
    if (state != State.DRAINING) {
      state = State.CLOSED;
    }
  }

  /** An upstream agent's heartbeat has come. */
  public List<Step> onHeartbeat(Load load, long now) {
    heard = true;
    return state == State.STARTING ? begin(load, now) : List.of();
  }

  /**
   * A message from the queue of requests has come.
   *
   * @param load its requests are among those held
   */
  public List<Step> onMessage(int requestsInIt, Load load, long now) {
    messages++;
    requests += requestsInIt;
    return isFull(load) ? pause() : state == State.GROWING ? grow(load, now) : List.of();
  }

  /** Time has passed, and requests have ended. */
  public List<Step> onTick(Load load, long now) {
    List<Step> steps = new ArrayList<>();
    if (isHelloDue(now)) {
      saidHelloAt = now;
      steps.add(new Step.SayHello());
    }
    switch (state) {
      case STARTING -> {
        if (now - openedAt >= LONGEST_START) {
          steps.addAll(begin(load, now));
        }
      }
      case GROWING -> steps.addAll(isFull(load) ? pause() : grow(load, now));
      case OPEN -> steps.addAll(isFull(load) ? pause() : List.of());
      case FULL -> {
        if (hasRoomAgain(load)) {
          steps.add(takeFirst(load, now));
        }
      }
      case CLOSED, DRAINING -> {}
    }
    return steps;
  }

  /** Takes nothing more, whatever happens: the session cancels the consumers for good. */
  public void beginDrain() {
    state = State.DRAINING;
  }

  private boolean isHelloDue(long now) {
    boolean isEarly = saidHelloAt - openedAt < LONGEST_START;
    return open && !heard && now - saidHelloAt >= pause(isEarly);
  }

  private static long pause(boolean isEarly) {
    return isEarly ? HELLO_INTERVAL : HELLO_INTERVAL_LATER;
  }

  private List<Step> begin(Load load, long now) {
    if (isFull(load)) { // it kept what was settled when its channel was lost
      state = State.FULL;
      return List.of(new Step.TakeOrphans());
    }
    return List.of(new Step.TakeOrphans(), takeFirst(load, now));
  }

  private Step takeFirst(Load load, long now) {
    state = State.GROWING;
    beganAt = now;
    return take(Math.min(FIRST_PREFETCH, most(load)), now);
  }

  private Step take(int newPrefetch, long now) {
    prefetch = newPrefetch;
    grewAt = now;
    messages = 0;
    requests = 0;
    if (prefetch == full()) {
      state = State.OPEN;
    }
    return new Step.TakeRequests(prefetch);
  }

  private List<Step> grow(Load load, long now) {
    boolean isUsedUp = messages >= prefetch;
    boolean isServed = !isUsedUp || isServed(load);
    if (isServed && now - grewAt >= PROVEN_AFTER) {
      return List.of(take(full(), now));
    }
    if (!isUsedUp) {
      return List.of();
    }
    boolean isOverloaded = now - beganAt >= OVERLOADED_AFTER;
    int next = isOverloaded ? full() : load.room() / requestsInEach();
    next = Math.min(next, most(load));
    boolean isWorthwhile = next - prefetch >= Math.max(1, prefetch / 4);
    return isWorthwhile ? List.of(take(next, now)) : List.of();
  }

  /** Returns whether agents take what comes, and the broker is far from being full. */
  private boolean isServed(Load load) {
    return load.waiting() <= limits.maxWaiting() / 4 && load.held() <= limits.maxInFlight() / 2;
  }

  private int requestsInEach() {
    return (requests + messages - 1) / messages;
  }

  private List<Step> pause() {
    if (state != State.GROWING && state != State.OPEN) {
      return List.of();
    }
    state = State.FULL;
    return List.of(new Step.TakeRequests(0));
  }

  private boolean isFull(Load load) {
    return load.held() >= limits.maxInFlight();
  }

  /** A tenth of the places is free, at least one. */
  private boolean hasRoomAgain(Load load) {
    return limits.maxInFlight() - load.held() >= Math.max(1, limits.maxInFlight() / 10);
  }

  private int full() {
    return Math.min(limits.prefetch(), limits.maxInFlight());
  }

  private int most(Load load) {
    return Math.max(1, Math.min(full(), limits.maxInFlight() - load.held()));
  }
}
