package io.github.httplongcut.client.core;

import static io.github.httplongcut.client.core.PendingFixture.BROKER_1;
import static io.github.httplongcut.client.core.PendingFixture.BROKER_2;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Simulation around pending requests: callers, RabbitMQ and brokers act in random order, within the
 * protocol. Asserts the invariants that hold in every history.
 */
final class PendingHistory {

  private static final long TICK = 50;
  private static final long ACK_TIMEOUT = 200;
  private static final List<String> METHODS = List.of("GET", "POST");

  /** A caller's request, and everything that the simulation knows about it. */
  private static final class Call implements Caller {
    final UUID firstId;
    final boolean repeatable;
    final long deadline;
    final List<UUID> ids = new ArrayList<>();
    final Map<UUID, ProcessId> acks = new HashMap<>();
    boolean answered;
    boolean hungUp;

    /** True unless the pending requests know of each publication that it never ran. */
    boolean mayRun;

    int cameBack;
    int runs;

    Call(UUID firstId, boolean repeatable, long deadline) {
      this.firstId = firstId;
      this.repeatable = repeatable;
      this.deadline = deadline;
    }

    boolean isOpen() {
      return !answered && !hungUp;
    }

    /** Returns whether the request waits, and this is its latest publication. */
    boolean isCurrent(UUID id) {
      return isOpen() && ids.get(ids.size() - 1).equals(id);
    }
  }

  /** Kinds of things that happen to a publication. */
  private enum Kind {
    /** The session writes it. */
    WRITE,
    /** The session reports its outcome. */
    OUTCOME,
    /** A message about it arrives in the client agent's inbox. */
    MESSAGE
  }

  /** Something that will happen to the publication with this id. */
  private record Upcoming(UUID id, Kind kind, Runnable step) {}

  /** Ignores the records. */
  private static final class SilentJournal implements PendingJournal {
    @Override
    public void published(UUID firstId) {}

    @Override
    public void publishedAgain(UUID firstId, UUID latestId, String why) {}

    @Override
    public void moved(UUID firstId, String from, String to, String why) {}

    @Override
    public void publicationFailed(UUID firstId, String why) {}

    @Override
    public void inDoubt(UUID firstId) {}

    @Override
    public void forgotten(UUID firstId, String why) {}

    @Override
    public void dropped(EventType type) {}

    @Override
    public void bug(UUID firstId, Throwable bug) {
      throw new AssertionError("a bug of " + firstId, bug);
    }
  }

  private final Random random;
  private final PendingRequests pending;
  private final Map<UUID, Call> calls = new LinkedHashMap<>();
  private final Map<UUID, Call> byId = new HashMap<>();
  private final List<Upcoming> upcoming = new ArrayList<>();
  private long millis;
  private long ids;
  private int publications;

  PendingHistory(long seed) {
    random = new Random(seed);
    pending =
        new PendingRequests(
            PendingFixture.CLIENT,
            Duration.ofMillis(ACK_TIMEOUT),
            () -> new UUID(2, ++ids),
            new SilentJournal());
  }

  /** Plays the steps, then lets all requests end. Returns the number of publications. */
  int play(int steps) {
    for (int step = 0; step < steps; step++) {
      step();
      assertRegistered();
    }
    if (random.nextInt(4) == 0) {
      perform(pending.abandonAll());
      assertThat(pending.size()).as("requests after the stop").isZero();
    }
    for (int i = 0; i < 100 || !upcoming.isEmpty(); i++) {
      takeUpcoming();
      tick();
      assertRegistered();
    }
    assertThat(calls.values()).as("requests without an answer").noneMatch(Call::isOpen);
    assertThat(pending.entries()).as("entries left").isZero();
    return publications;
  }

  /** Nothing is left registered after its answer, and nothing is forgotten before. */
  private void assertRegistered() {
    long open = calls.values().stream().filter(Call::isOpen).count();
    assertThat(pending.size()).as("requests registered").isEqualTo((int) open);
  }

  private void step() {
    int choice = random.nextInt(100);
    if (choice < 20) {
      tick();
    } else if (choice < 35) {
      submit();
    } else if (choice < 92) {
      takeUpcoming();
    } else if (choice < 96) {
      hangUp();
    } else if (choice < 98) {
      pending.excuse(70_000_000L);
    } else {
      replaceInbox();
    }
  }

  private void tick() {
    millis += TICK;
    perform(pending.onTick(now()));
    assertThat(calls.values())
        .as("requests that wait after their deadline")
        .noneMatch(call -> call.isOpen() && call.deadline <= millis);
  }

  private void submit() {
    String method = METHODS.get(random.nextInt(METHODS.size()));
    long deadline = millis + random.nextInt(3_000);
    int number = calls.size();
    Call call = new Call(firstId(number), Request.isRepeatable(method), deadline);
    calls.put(call.firstId, call);
    perform(
        pending.onSubmission(
            new Submission(
                call.firstId,
                PendingFixture.request(number, method),
                call,
                PendingFixture.at0(deadline)),
            now()));
  }

  private void takeUpcoming() {
    if (!upcoming.isEmpty()) {
      upcoming.remove(random.nextInt(upcoming.size())).step.run();
    }
  }

  private void hangUp() {
    List<Call> open = calls.values().stream().filter(Call::isOpen).toList();
    if (!open.isEmpty()) {
      Call call = open.get(random.nextInt(open.size()));
      call.hungUp = true;
      perform(pending.onHungUp(call.firstId, now()));
    }
  }

  /** Loses any of the messages in the inbox. */
  private void replaceInbox() {
    upcoming.removeIf(each -> each.kind == Kind.MESSAGE && random.nextBoolean());
    perform(pending.onInboxReplaced(now()));
  }

  // Effects, and the invariants at each of them.

  private void perform(List<PendingEffect> effects) {
    effects.forEach(this::perform);
  }

  private void perform(PendingEffect effect) {
    if (effect instanceof PendingEffect.Publish publish) {
      publish(publish);
    } else if (effect instanceof PendingEffect.Withdraw withdraw) {
      Call call = byId.get(withdraw.clientReqId());
      assertThat(call.hungUp || call.repeatable).as("may be withdrawn").isTrue();
      upcoming.removeIf(each -> each.id.equals(withdraw.clientReqId()) && each.kind == Kind.WRITE);
    } else if (effect instanceof PendingEffect.Cancel cancel) {
      Call call = byId.get(cancel.cancel().clientReqId());
      assertThat(call.hungUp).as("cancelled after a hang-up").isTrue();
      assertThat(call.acks)
          .as("acked by the broker that gets the cancel")
          .containsEntry(cancel.cancel().clientReqId(), cancel.brokerId());
    } else if (effect instanceof PendingEffect.ReportAck report) {
      assertThat(((Call) report.caller()).isOpen()).as("waits for its answer").isTrue();
      assertThat(report.times().delayNanos()).isNotNegative();
    } else if (effect instanceof PendingEffect.ReportBusy report) {
      assertThat(((Call) report.caller()).isOpen()).as("waits for its error").isTrue();
    } else if (effect instanceof PendingEffect.Answer answer) {
      over((Call) answer.caller());
    } else if (effect instanceof PendingEffect.Refuse refuse) {
      assertThat(refuse.error().failure()).isNotEqualTo(Failure.NOT_RUN);
      over((Call) refuse.caller());
    }
  }

  private void over(Call call) {
    assertThat(call.hungUp).as("hung up before the answer").isFalse();
    assertThat(call.answered).as("answered twice").isFalse();
    call.answered = true;
  }

  private void publish(PendingEffect.Publish publish) {
    publications++;
    UUID id = publish.request().clientReqId();
    Call call = callOf(publish);
    assertThat(call.isOpen()).as("waits when it is published").isTrue();
    assertThat(byId.put(id, call)).as("publication with the same id").isNull();
    assertThat(publish.expirationMillis()).isBetween(1L, ACK_TIMEOUT);
    assertThat(publish.request().clientReqTtl()).isBetween(1L, call.deadline - millis);
    call.ids.add(id);
    if (!call.repeatable) {
      assertThat(call.mayRun).as("published again although it may run").isFalse();
      assertThat(call.ids.size()).as("publications").isLessThanOrEqualTo(3);
    }
    assertThat(call.cameBack).as("publications that came back").isLessThan(3);
    call.mayRun = true;
    upcoming.add(new Upcoming(id, Kind.WRITE, () -> write(call, publish)));
  }

  private Call callOf(PendingEffect.Publish publish) {
    return calls.get(firstId(Integer.parseInt(publish.request().request().url().substring(1))));
  }

  // What RabbitMQ and the brokers do.

  private void write(Call call, PendingEffect.Publish publish) {
    UUID id = publish.request().clientReqId();
    if (now() - publish.giveUpAt() >= 0) {
      outcome(id, PublicationOutcome.NO_CONNECTION);
      return;
    }
    switch (random.nextInt(12)) {
      case 0 ->
          notRun(call, id, Kind.OUTCOME, () -> outcomeEffects(id, PublicationOutcome.RETURNED));
      case 1 -> outcome(id, PublicationOutcome.NACKED);
      case 2 -> outcome(id, PublicationOutcome.BLOCKED);
      case 3 -> outcome(id, PublicationOutcome.FORBIDDEN);
      case 4 -> outcome(id, PublicationOutcome.UNKNOWN); // RabbitMQ never got it
      case 5 -> {
        outcome(id, PublicationOutcome.UNKNOWN);
        receive(call, publish.request());
      }
      default -> {
        outcome(id, PublicationOutcome.CONFIRMED);
        receive(call, publish.request());
      }
    }
  }

  /** Chooses what happens to a request in the queue of the brokers. */
  private void receive(Call call, ClientRequest request) {
    UUID id = request.clientReqId();
    ProcessId broker = random.nextBoolean() ? BROKER_1 : BROKER_2;
    if (random.nextInt(5) != 0) {
      upcoming.add(new Upcoming(id, Kind.MESSAGE, () -> ack(call, id, broker)));
    }
    switch (random.nextInt(10)) {
      case 0 -> // expired
          notRun(
              call,
              id,
              Kind.MESSAGE,
              () -> settled(call, request, () -> pending.onDeadLetter(request, now())));
      case 1 ->
          notRun(
              call,
              id,
              Kind.MESSAGE,
              () -> {
                BrokerError error = PendingFixture.errorOf(id, Failure.NOT_RUN);
                return settled(call, error, () -> pending.onError(error, false, now()));
              });
      case 2 -> orphan(call, id, broker);
      case 3 -> { // the broker is lost
        if (random.nextBoolean()) {
          run(call);
        }
        upcoming.add(new Upcoming(id, Kind.MESSAGE, () -> inDoubt(call, request)));
      }
      case 4 -> error(id, Failure.UPSTREAM_BUSY);
      case 5 -> {
        run(call);
        error(id, Failure.UPSTREAM_TIMEOUT);
      }
      case 6 -> run(call); // its answer is lost
      default -> {
        run(call);
        respond(call, id);
        if (random.nextInt(5) == 0) {
          respond(call, id);
        }
      }
    }
  }

  private static void run(Call call) {
    call.runs++;
    assertThat(call.repeatable || call.runs == 1).as("runs once").isTrue();
  }

  // What the pending requests learn of it.

  private void outcome(UUID id, PublicationOutcome outcome) {
    upcoming.add(new Upcoming(id, Kind.OUTCOME, () -> perform(outcomeEffects(id, outcome))));
  }

  private List<PendingEffect> outcomeEffects(UUID id, PublicationOutcome outcome) {
    return pending.onOutcome(id, outcome, now());
  }

  /** The publication never ran, and the pending requests will learn it. */
  private void notRun(Call call, UUID id, Kind kind, Supplier<List<PendingEffect>> event) {
    upcoming.add(
        new Upcoming(
            id,
            kind,
            () -> {
              if (call.isCurrent(id)) {
                call.cameBack++;
                call.mayRun = false;
              }
              perform(event.get());
            }));
  }

  /** The broker is gone, and another one says that it has not run the request. */
  private void orphan(Call call, UUID id, ProcessId broker) {
    BrokerError error = PendingFixture.errorOf(id, Failure.NOT_RUN).orphanOf(broker);
    upcoming.add(
        new Upcoming(
            id,
            Kind.MESSAGE,
            () -> {
              boolean credible = broker.equals(call.acks.get(id)) && !call.repeatable;
              if (call.isCurrent(id) && credible) {
                call.cameBack++;
                call.mayRun = false;
              }
              perform(settled(call, error, () -> pending.onError(error, true, now())));
            }));
  }

  private void inDoubt(Call call, ClientRequest request) {
    if (call.isCurrent(request.clientReqId()) && call.repeatable) {
      call.cameBack++;
    }
    perform(settled(call, request, () -> pending.onInDoubt(request, now())));
  }

  private void ack(Call call, UUID id, ProcessId broker) {
    call.acks.put(id, broker);
    perform(pending.onAck(new ClientRequestAck(id, id, broker), now()));
  }

  private void error(UUID id, Failure failure) {
    BrokerError error = PendingFixture.errorOf(id, failure);
    upcoming.add(
        new Upcoming(id, Kind.MESSAGE, () -> perform(pending.onError(error, false, now()))));
  }

  private void respond(Call call, UUID id) {
    upcoming.add(
        new Upcoming(
            id,
            Kind.MESSAGE,
            () -> {
              boolean waits = call.isOpen();
              perform(pending.onResponse(PendingFixture.responseTo(id), now()));
              assertThat(!waits || call.answered).as("a response to any id is used").isTrue();
            }));
  }

  /** Checks that the delivery was settled before, if the event publishes a POST again. */
  private List<PendingEffect> settled(
      Call call, Event event, Supplier<List<PendingEffect>> handling) {
    boolean settledFirst = pending.settlesFirst(event);
    List<PendingEffect> effects = handling.get();
    boolean publishes = effects.stream().anyMatch(PendingEffect.Publish.class::isInstance);
    assertThat(settledFirst || call.repeatable || !publishes).as("settled first").isTrue();
    return effects;
  }

  private static UUID firstId(int number) {
    return new UUID(1, number);
  }

  private long now() {
    return PendingFixture.at0(millis);
  }
}
