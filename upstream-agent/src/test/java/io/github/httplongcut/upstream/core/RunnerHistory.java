package io.github.httplongcut.upstream.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.UpstreamError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Simulation around a runner: brokers, RabbitMQ and upstream servers act in random order, within
 * the protocol. Asserts the invariants that hold in every history.
 */
final class RunnerHistory {

  private static final long TICK = 50;
  private static final List<AnswerOutcome> OUTCOMES = List.of(AnswerOutcome.values());

  /** A delivery. A redelivery of its message is another delivery. */
  private static final class SimulatedDelivery extends RequestReceipt {
    final Target target;
    final List<BrokerRequest> requests;
    int done;
    boolean settling;
    boolean settled;
    boolean rejected;
    boolean lost;

    SimulatedDelivery(Target target, List<BrokerRequest> requests) {
      this.target = target;
      this.requests = requests;
    }

    boolean isAckedOrRejected() {
      return settling || rejected || done == requests.size();
    }
  }

  /** Notes the requests that were taken, and those that ended without an answer. */
  private final class Journal implements RunnerJournal {

    @Override
    public void taken(TakenRequest request) {
      held.add(request);
      assertThat(drained).as("drained").isFalse();
    }

    @Override
    public void started(TakenRequest request, long ttl, long now) {
      if (random.nextInt(50) == 0) {
        throw aBug();
      }
    }

    @Override
    public void responded(TakenRequest request, int statusCode) {}

    @Override
    public void failed(TakenRequest request, Failure failure, String message) {}

    @Override
    public void tooLate(TakenRequest request) {
      unanswered.add(request);
    }

    @Override
    public void answerDone(TakenRequest request, AnswerOutcome outcome, long nanos) {}

    @Override
    public void ended(TakenRequest request, Optional<Failure> failure, long now) {
      assertThat(ended.add(request)).as("ends once").isTrue();
    }

    @Override
    public void cancelled(TakenRequest request, long now) {
      assertThat(unanswered.add(request)).as("ends once").isTrue();
    }

    @Override
    public void forgotten(TakenRequest request) {
      assertThat(unanswered.add(request)).as("ends once").isTrue();
    }

    @Override
    public void rejected(Target target, int requests, AgentState state) {}

    @Override
    public void slots(Target target, int inFlight, int free) {
      assertThat(inFlight).as("slots in use").isBetween(0, target.capacity());
      assertThat(free).as("free slots").isIn(0, target.capacity() - inFlight);
    }

    @Override
    public void withdrawn(Target target) {}

    @Override
    public void offered(Target target) {}

    @Override
    public void bug(TakenRequest request, Throwable bug) {
      assertThat(bug).hasMessage("a bug, for this test");
    }
  }

  private final Random random;
  private final List<Target> targets =
      List.of(RunnerFixture.target("orders"), RunnerFixture.target("billing"));
  private final RequestRunner runner;
  private final List<Supplier<List<RunnerEffect>>> pendingEvents = new ArrayList<>();
  private final List<SimulatedDelivery> deliveries = new ArrayList<>();
  private final List<SimulatedDelivery> toRedeliver = new ArrayList<>();

  /** Requests that are not over. */
  private final List<TakenRequest> held = new ArrayList<>();

  /** Requests whose answer is over. */
  private final Set<TakenRequest> ended = new HashSet<>();

  /** Requests that ended without an answer. */
  private final Set<TakenRequest> unanswered = new HashSet<>();

  /** Requests of which an effect has failed. */
  private final Set<TakenRequest> failed = new HashSet<>();

  private final Set<TakenRequest> acked = new HashSet<>();

  /** Requests whose call has neither ended nor been aborted. */
  private final Set<TakenRequest> calls = new HashSet<>();

  /** Requests whose call was aborted when the server may have run them. */
  private final Set<TakenRequest> cutOff = new HashSet<>();

  private final Map<TakenRequest, RunnerEffect.Answer> answers = new HashMap<>();
  private final Map<UUID, Integer> starts = new HashMap<>();
  private long millis;
  private int ids;
  private boolean drained;

  RunnerHistory(long seed) {
    random = new Random(seed);
    runner =
        new RequestRunner(
            RunnerFixture.SETTINGS,
            new Targets(RunnerFixture.SELF, targets),
            this::newId,
            random::nextDouble,
            new Journal());
  }

  /** Plays the steps, then lets all requests end. Returns the number of calls. */
  int play(int steps) {
    perform(runner.onConsuming(now()));
    for (int step = 0; step < steps; step++) {
      step();
      assertThatSlotsSumUp();
    }
    if (random.nextBoolean()) {
      perform(runner.beginDrain(now()));
      drained = true;
      deliverPending();
      perform(runner.cutOff(now()));
    }
    for (int i = 0; !runner.isIdle() || !pendingEvents.isEmpty(); i++) {
      assertThat(i).as("ticks until idle").isLessThan(1_000);
      deliverPending();
      tick();
    }
    assertThatSlotsSumUp();
    assertThat(calls).as("calls without a result").isEmpty();
    assertThat(held).as("requests that are not over").isEmpty();
    for (SimulatedDelivery delivery : deliveries) {
      if (!delivery.lost && !delivery.rejected) {
        assertThat(delivery.done).as("requests done").isEqualTo(delivery.requests.size());
      }
    }
    return starts.values().stream().mapToInt(each -> each).sum();
  }

  private void step() {
    int choice = random.nextInt(100);
    if (choice < 25) {
      tick();
    } else if (choice < 50) {
      receiveNew();
    } else if (choice < 85) {
      deliverPending();
    } else if (choice < 90) {
      cancel();
    } else if (choice < 92) {
      loseChannel();
    } else if (choice < 95) {
      Target target = targets.get(random.nextInt(targets.size()));
      boolean isHealthy = random.nextInt(4) != 0;
      perform(isHealthy ? runner.offer(target, now()) : runner.withdraw(target, "fails", now()));
    } else if (!toRedeliver.isEmpty()) {
      SimulatedDelivery lost = toRedeliver.remove(0);
      receive(new SimulatedDelivery(lost.target, lost.requests));
    }
  }

  private void tick() {
    millis += TICK;
    perform(runner.onHeartbeatTick(now()));
    perform(runner.onTick(now()));
  }

  /** Delivers one of the pending events, chosen at random. */
  private void deliverPending() {
    if (!pendingEvents.isEmpty()) {
      perform(pendingEvents.remove(random.nextInt(pendingEvents.size())).get());
    }
  }

  private void receiveNew() {
    Target target = targets.get(random.nextInt(targets.size()));
    boolean isMixed = random.nextInt(5) == 0;
    String method = anyMethod();
    List<BrokerRequest> requests = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      long ttl = random.nextInt(1, 4_000);
      requests.add(
          new BrokerRequest(
              RunnerFixture.CLIENT,
              newId(),
              ttl,
              RunnerFixture.BROKER,
              newId(),
              ttl,
              new Request(
                  target.name(),
                  isMixed ? anyMethod() : method,
                  random.nextInt(20) == 0 ? "/.." : "/",
                  Headers.EMPTY,
                  Body.ABSENT)));
    }
    receive(new SimulatedDelivery(target, requests));
  }

  private String anyMethod() {
    return random.nextBoolean() ? "GET" : "POST";
  }

  private void receive(SimulatedDelivery delivery) {
    deliveries.add(delivery);
    perform(
        runner.onRequests(
            new RequestBatch(
                delivery.requests, delivery.target, RunnerFixture.BROKER.user(), delivery),
            now()));
  }

  /** Cancels a request that came lately, or that is about to come again. */
  private void cancel() {
    List<SimulatedDelivery> from =
        toRedeliver.isEmpty() || random.nextBoolean() ? deliveries : toRedeliver;
    if (!from.isEmpty()) {
      SimulatedDelivery latest =
          from.get(from.size() - 1 - random.nextInt(Math.min(5, from.size())));
      BrokerRequest request = latest.requests.get(0);
      perform(
          runner.onCancel(
              new BrokerCancel(RunnerFixture.BROKER, request.clientReqId(), request.brokerReqId()),
              RunnerFixture.BROKER.user(),
              now()));
    }
  }

  /**
   * Loses the consuming channel. RabbitMQ redelivers messages whose ack it has not got. It may have
   * missed the last acks, but no ack that a fence followed.
   */
  private void loseChannel() {
    for (SimulatedDelivery delivery : deliveries) {
      if (!delivery.lost && !delivery.settled) {
        delivery.lost = true;
        if (!delivery.isAckedOrRejected() || random.nextInt(10) == 0) {
          toRedeliver.add(delivery);
        }
      }
    }
    perform(runner.onConsumingLost(now()));
    if (random.nextBoolean()) {
      runner.onInboxReplaced(RunnerFixture.SELF.renewed());
    }
    perform(runner.onConsuming(now()));
  }

  // Effects, and the invariants at each of them.

  private void perform(List<RunnerEffect> effects) {
    effects.forEach(this::perform);
  }

  private void perform(RunnerEffect effect) {
    if (effect instanceof RunnerEffect.OfRequest of && random.nextInt(60) == 0) {
      calls.remove(of.request()); // as the loop does before it aborts a call
      failed.add(of.request());
      perform(runner.onBug(of.request(), aBug(), now()));
      return;
    }
    switch (effect.type()) {
      case SETTLE -> settle((SimulatedDelivery) ((RunnerEffect.Settle) effect).receipt());
      case DONE -> done((SimulatedDelivery) ((RunnerEffect.Done) effect).receipt());
      case REJECT -> reject((SimulatedDelivery) ((RunnerEffect.Reject) effect).receipt());
      case DISCARD -> throw new AssertionError("discarded a message of an honest broker");
      case ACKNOWLEDGE -> acknowledge((RunnerEffect.Acknowledge) effect);
      case CALL -> call(((RunnerEffect.Call) effect).request());
      case ABORT -> abort(((RunnerEffect.Abort) effect).request());
      case ANSWER -> answer((RunnerEffect.Answer) effect);
      case HEARTBEAT -> {
        int inFlight = ((RunnerEffect.Heartbeat) effect).heartbeat().inFlight();
        assertThat(inFlight).as("in flight").isBetween(0, 2);
      }
    }
  }

  private void settle(SimulatedDelivery delivery) {
    assertThat(delivery.isAckedOrRejected()).as("settled once").isFalse();
    delivery.settling = true;
    pendingEvents.add(
        () -> {
          if (delivery.lost) {
            return List.of();
          }
          delivery.settled = true;
          return runner.onSettled(delivery, now());
        });
  }

  private static void done(SimulatedDelivery delivery) {
    delivery.done++;
    assertThat(delivery.rejected).as("rejected").isFalse();
    assertThat(delivery.done).as("requests done").isLessThanOrEqualTo(delivery.requests.size());
  }

  private static void reject(SimulatedDelivery delivery) {
    assertThat(delivery.isAckedOrRejected()).as("acked or rejected").isFalse();
    assertThat(delivery.done).as("requests done").isZero();
    delivery.rejected = true;
  }

  private void acknowledge(RunnerEffect.Acknowledge acknowledge) {
    TakenRequest request = acknowledge.request();
    assertThat(acknowledge.expirationMillis()).isBetween(1L, 2_000L);
    assertThat(acked.add(request)).as("acked once").isTrue();
  }

  private void call(TakenRequest request) {
    if (!request.isRunning()) {
      return;
    }
    assertThat(drained).as("drained").isFalse();
    assertThat(acked).as("acked before it is started").contains(request);
    int started = starts.merge(request.event().brokerReqId(), 1, Integer::sum);
    if (!request.isRepeatable()) {
      SimulatedDelivery delivery = (SimulatedDelivery) request.receipt();
      assertThat(delivery.settled).as("settled before it is started").isTrue();
      assertThat(started).as("starts").isEqualTo(1);
    }
    calls.add(request);
    switch (random.nextInt(6)) {
      case 0 -> {} // hangs
      case 1 -> callFails(request, Failure.UPSTREAM_UNREACHABLE);
      case 2 -> callFails(request, Failure.UPSTREAM_PROTOCOL_ERROR);
      default ->
          pendingEvents.add(
              () ->
                  calls.remove(request)
                      ? runner.onResponse(request, RunnerFixture.ok(), now())
                      : List.of());
    }
  }

  private void callFails(TakenRequest request, Failure failure) {
    pendingEvents.add(
        () ->
            calls.remove(request)
                ? runner.onCallFailed(request, failure, "why", now())
                : List.of());
  }

  private void abort(TakenRequest request) {
    assertThat(calls.remove(request)).as("has a call").isTrue();
    boolean isSent = random.nextBoolean();
    if (isSent) {
      cutOff.add(request);
    }
    perform(runner.onAborted(request, isSent ? CallProgress.SENT : CallProgress.NOT_SENT, now()));
  }

  private void answer(RunnerEffect.Answer answer) {
    TakenRequest request = answer.request();
    assertThat(answer.expirationMillis()).isBetween(1L, 4_000L);
    assertThat(unanswered).as("ended without an answer").doesNotContain(request);
    RunnerEffect.Answer earlier = answers.put(request, answer);
    if (earlier != null) {
      assertThat(earlier.tries()).as("tries of the first answer").isEqualTo(AnswerTries.ONCE);
      assertThat(failureOf(answer)).isEqualTo(Failure.UPSTREAM_AGENT_LOST);
    }
    boolean allowsRerun =
        failureOf(answer) == Failure.NOT_RUN || failureOf(answer) == Failure.UPSTREAM_UNREACHABLE;
    if (allowsRerun) {
      assertThat(cutOff).as("may have run").doesNotContain(request);
    }
    assertThat(answer.tries() == AnswerTries.ONCE)
        .as("published once")
        .isEqualTo(allowsRerun && !request.isRepeatable());
    AnswerOutcome outcome = OUTCOMES.get(random.nextInt(OUTCOMES.size()));
    pendingEvents.add(() -> runner.onAnswerDone(request, outcome, now()));
  }

  /** Returns the failure of an error; null for a response. */
  private static Failure failureOf(RunnerEffect.Answer answer) {
    return answer.answer() instanceof UpstreamError error ? error.error().failure() : null;
  }

  private void assertThatSlotsSumUp() {
    held.removeIf(this::isOver);
    for (Target target : targets) {
      int inFlight = 0;
      int unconfirmed = 0;
      for (TakenRequest request : held) {
        if (request.target().equals(target)) {
          inFlight += request.state() instanceof RunState.Unanswered ? 1 : 0;
          unconfirmed += request.state() instanceof RunState.Answering ? 1 : 0;
        }
      }
      assertThat(runner.states().inFlight(target)).as("slots in use").isEqualTo(inFlight);
      assertThat(runner.states().unconfirmed(target)).as("unconfirmed").isEqualTo(unconfirmed);
    }
  }

  private boolean isOver(TakenRequest request) {
    if (!(request.state() instanceof RunState.Over)) {
      return false;
    }
    boolean isAnswered = answers.containsKey(request);
    assertThat(isAnswered || unanswered.contains(request) || failed.contains(request))
        .as("ends: %s", request)
        .isTrue();
    return true;
  }

  private static RuntimeException aBug() {
    return new IllegalStateException("a bug, for this test");
  }

  private UUID newId() {
    return new UUID(1, ++ids);
  }

  private long now() {
    return RunnerFixture.at0(millis);
  }
}
