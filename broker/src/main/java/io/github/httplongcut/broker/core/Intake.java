package io.github.httplongcut.broker.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides when a broker consumes the shared queues, and with which prefetch, so that it takes no
 * more requests than it can serve (docs/protocol.md section 4, "Broker").
 *
 * <pre>
 *             channel open                 heartbeat, or 1 s            no backlog, or
 *           (publishes hello)              without one                  full prefetch
 *   CLOSED ───────────────▶ STARTING ─────────────────────▶ GROWING ────────────────────▶ OPEN
 *     ▲                                                      │   ▲                         │
 *     │ channel lost,                       holds            │   │ holds                   │
 *     │ from any state                      max-in-flight    │   │ at most 90 %            │
 *     │                                                      ▼   │                         │
 *     │                                                      FULL ◀────────────────────────┘
 *   DRAINING: from any state, for good
 * </pre>
 *
 * <p>Requests accumulate in RabbitMQ while there is no broker. If the next broker took all of them
 * at once, its waiting room would be too small for many. If it took them slowly, client agents
 * would consider the relay overloaded, since all acks would be late. So the broker takes at once as
 * many requests as its waiting room holds, and no more:
 *
 * <ul>
 *   <li>The prefetch starts at {@value #FIRST_PREFETCH} messages. From these the broker learns how
 *       many requests a message holds.
 *   <li>When the number of received messages reaches the prefetch, more may wait in RabbitMQ. The
 *       prefetch then grows to the number of requests that fit into the waiting room. Even if no
 *       agent took a request, the broker would refuse none.
 *   <li>One second after its last change, the prefetch becomes the full one in two cases:
 *       <ul>
 *         <li>Fewer messages have come than the prefetch allowed, so that none waits in RabbitMQ.
 *         <li>The agents keep up: the waiting room is at most a quarter full, and at most half of
 *             max-in-flight is used.
 *       </ul>
 *   <li>After 5 s the waiting room no longer limits the prefetch. The agents are overloaded by
 *       then, and requests for their target must not block the queue for other targets. The broker
 *       refuses requests that do not fit.
 * </ul>
 *
 * <p>Until the prefetch is the full one, it never exceeds the number of requests that the broker
 * may still take. More requests may come nevertheless, since a message may hold several, and
 * RabbitMQ does not count settled requests. The broker refuses these as {@code overloaded}.
 *
 * <p>The broker repeats its hello until a heartbeat has come, since a hello may be lost: every 250
 * ms in the first second, then every second. All methods belong to one thread; times are {@code
 * nanoTime}.
 */
public final class Intake {

  static final int FIRST_PREFETCH = 32;

  private static final long HELLO_INTERVAL = Duration.ofMillis(250).toNanos();
  private static final long HELLO_INTERVAL_LATER = Duration.ofSeconds(1).toNanos();
  private static final long MAX_START = Duration.ofSeconds(1).toNanos();
  private static final long MIN_TIME_TO_FULL_PREFETCH = Duration.ofSeconds(1).toNanos();
  private static final long OVERLOADED_AFTER = Duration.ofSeconds(5).toNanos();

  /** States of the consumption. */
  public enum State {
    /** The channel is not open. */
    CLOSED,
    /** Waits for a heartbeat, and consumes only the broker's own queues. */
    STARTING,
    /** Consumes requests with less than the full prefetch. */
    GROWING,
    /** Consumes requests with the full prefetch. */
    OPEN,
    /** Consumes no requests, since max-in-flight is reached. */
    FULL,
    /** Consumes no shared queue any more. */
    DRAINING
  }

  /** Action that the caller must carry out. */
  public sealed interface Action {

    /** Publishes a hello, which asks the upstream agents for heartbeats. */
    record PublishHello() implements Action {}

    /** Consumes the queue of orphans. */
    record ConsumeOrphans() implements Action {}

    /**
     * Consumes the queue of requests, or changes the prefetch.
     *
     * @param prefetch in messages; 0 pauses the consumption
     */
    record ConsumeRequests(int prefetch) implements Action {}
  }

  /**
   * Limits of the broker.
   *
   * @param prefetch the full prefetch, in messages
   * @param maxInFlight requests held
   * @param maxWaiting requests in the waiting room
   */
  public record Limits(int prefetch, int maxInFlight, int maxWaiting) {}

  /**
   * Current load of the broker.
   *
   * @param held requests held
   * @param waiting requests in the waiting room
   * @param room further requests that certainly fit into the waiting room
   */
  public record Load(int held, int waiting, int room) {}

  private final Limits limits;
  private State state = State.CLOSED;
  private boolean open;
  private boolean heartbeatCame;
  private long openedAt;
  private long lastHelloAt;
  private long growingSince;
  private long grewAt;
  private int prefetch;
  private int messages;
  private int requests;

  /** Creates an intake in the state {@link State#CLOSED}. */
  public Intake(Limits limits) {
    this.limits = limits;
  }

  public State state() {
    return state;
  }

  /** Returns whether ticks may be rare: no decision is urgent. */
  public boolean isQuiet() {
    return state == State.CLOSED || state == State.OPEN || state == State.DRAINING;
  }

  /** Starts: the channel is open, and only the broker's own queues are consumed. */
  public List<Action> onConsuming(long now) {
    open = true;
    heartbeatCame = false;
    openedAt = now;
    lastHelloAt = now;
    if (state != State.DRAINING) {
      state = State.STARTING;
    }
    return List.of(new Action.PublishHello());
  }

  /** Handles the loss of the channel and of all its consumers. */
  public void onConsumingLost() {
    open = false;
    if (state != State.DRAINING) {
      state = State.CLOSED;
    }
  }

  /** Handles an upstream agent's heartbeat. */
  public List<Action> onHeartbeat(Load load, long now) {
    heartbeatCame = true;
    return state == State.STARTING ? begin(load, now) : List.of();
  }

  /**
   * Handles a message from the queue of requests.
   *
   * @param load the load with the message's requests
   */
  public List<Action> onMessage(int requestsInIt, Load load, long now) {
    messages++;
    requests += requestsInIt;
    return isFull(load) ? pause() : state == State.GROWING ? grow(load, now) : List.of();
  }

  /** Checks the timeouts, and the load after requests have ended. */
  public List<Action> onTick(Load load, long now) {
    List<Action> actions = new ArrayList<>();
    if (isHelloDue(now)) {
      lastHelloAt = now;
      actions.add(new Action.PublishHello());
    }
    switch (state) {
      case STARTING -> {
        if (now - openedAt >= MAX_START) {
          actions.addAll(begin(load, now));
        }
      }
      case GROWING -> actions.addAll(isFull(load) ? pause() : grow(load, now));
      case OPEN -> actions.addAll(isFull(load) ? pause() : List.of());
      case FULL -> {
        if (hasRoomAgain(load)) {
          actions.add(consumeFirst(load, now));
        }
      }
      case CLOSED, DRAINING -> {}
    }
    return actions;
  }

  /**
   * Starts the drain: from now on the only actions are hellos. The session cancels the consumers
   * for good.
   */
  public void beginDrain() {
    state = State.DRAINING;
  }

  private boolean isHelloDue(long now) {
    boolean isEarly = lastHelloAt - openedAt < MAX_START;
    return open && !heartbeatCame && now - lastHelloAt >= helloInterval(isEarly);
  }

  private static long helloInterval(boolean isEarly) {
    return isEarly ? HELLO_INTERVAL : HELLO_INTERVAL_LATER;
  }

  private List<Action> begin(Load load, long now) {
    if (isFull(load)) { // the broker kept the settled requests when its channel was lost
      state = State.FULL;
      return List.of(new Action.ConsumeOrphans());
    }
    return List.of(new Action.ConsumeOrphans(), consumeFirst(load, now));
  }

  private Action consumeFirst(Load load, long now) {
    state = State.GROWING;
    growingSince = now;
    return consume(Math.min(FIRST_PREFETCH, maxPrefetch(load)), now);
  }

  private Action consume(int newPrefetch, long now) {
    prefetch = newPrefetch;
    grewAt = now;
    messages = 0;
    requests = 0;
    if (prefetch == fullPrefetch()) {
      state = State.OPEN;
    }
    return new Action.ConsumeRequests(prefetch);
  }

  private List<Action> grow(Load load, long now) {
    boolean isUsedUp = messages >= prefetch;
    boolean isServed = !isUsedUp || isServed(load);
    if (isServed && now - grewAt >= MIN_TIME_TO_FULL_PREFETCH) {
      return List.of(consume(fullPrefetch(), now));
    }
    if (!isUsedUp) {
      return List.of();
    }
    boolean isOverloaded = now - growingSince >= OVERLOADED_AFTER;
    int next = isOverloaded ? fullPrefetch() : load.room() / requestsPerMessage();
    next = Math.min(next, maxPrefetch(load));
    boolean isWorthwhile = next - prefetch >= Math.max(1, prefetch / 4);
    return isWorthwhile ? List.of(consume(next, now)) : List.of();
  }

  /** Returns whether the agents keep up and the broker is far from full. */
  private boolean isServed(Load load) {
    return load.waiting() <= limits.maxWaiting() / 4 && load.held() <= limits.maxInFlight() / 2;
  }

  /** Returns the average number of requests in a message, rounded up. */
  private int requestsPerMessage() {
    return (requests + messages - 1) / messages;
  }

  private List<Action> pause() {
    if (state != State.GROWING && state != State.OPEN) {
      return List.of();
    }
    state = State.FULL;
    return List.of(new Action.ConsumeRequests(0));
  }

  private boolean isFull(Load load) {
    return load.held() >= limits.maxInFlight();
  }

  /** Returns whether a tenth of the places is free, and at least one. */
  private boolean hasRoomAgain(Load load) {
    return limits.maxInFlight() - load.held() >= Math.max(1, limits.maxInFlight() / 10);
  }

  private int fullPrefetch() {
    return Math.min(limits.prefetch(), limits.maxInFlight());
  }

  private int maxPrefetch(Load load) {
    return Math.max(1, Math.min(fullPrefetch(), limits.maxInFlight() - load.held()));
  }
}
