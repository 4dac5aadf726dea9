package io.github.httplongcut.client.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Pending requests with a simulated clock, short methods for their events, and short texts for
 * their effects:
 *
 * <ul>
 *   <li>r1 is the request with the first id 1, and its first publication.
 *   <li>p1, p2, ... are further publications, in the order in which their ids were generated.
 * </ul>
 */
final class PendingFixture {

  static final ProcessId CLIENT = ProcessId.parse("acme.edge-aaaaaa");
  static final ProcessId BROKER_1 = ProcessId.parse("broker.one-aaaaaa");
  static final ProcessId BROKER_2 = ProcessId.parse("broker.two-aaaaaa");

  /** The ack timeout, in milliseconds. */
  static final long ACK_TIMEOUT = 3_000;

  /** The time from a request's submission to its deadline, in milliseconds. */
  static final long REQUEST_TIMEOUT = 30_000;

  /** Close to the overflow of {@code nanoTime}, which the pending requests must handle. */
  private static final long T0 = Long.MAX_VALUE - 3_000_000_000L;

  /** Caller of the request with this number. */
  record TestCaller(int number) implements Caller {}

  final PendingRequests pending =
      new PendingRequests(
          CLIENT, Duration.ofMillis(ACK_TIMEOUT), this::nextId, new RecordingJournal());

  /** The journal's records as texts. */
  final List<String> journal = new ArrayList<>();

  private int ids;
  private int bugAt;
  private long millis;

  private final class RecordingJournal implements PendingJournal {
    @Override
    public void published(UUID firstId) {
      journal.add(name(firstId) + " published");
    }

    @Override
    public void publishedAgain(UUID firstId, UUID latestId, String why) {
      journal.add(name(firstId) + " published again as " + name(latestId) + " (" + why + ")");
    }

    @Override
    public void moved(UUID firstId, String from, String to, String why) {
      journal.add(name(firstId) + " " + from + " -> " + to + " (" + why + ")");
    }

    @Override
    public void publicationFailed(UUID firstId, String why) {
      journal.add(name(firstId) + " came back (" + why + ")");
    }

    @Override
    public void inDoubt(UUID firstId) {
      journal.add(name(firstId) + " in doubt");
    }

    @Override
    public void forgotten(UUID firstId, String why) {
      journal.add(name(firstId) + " forgotten (" + why + ")");
    }

    @Override
    public void dropped(EventType type) {
      journal.add("dropped " + type.wireName());
    }

    @Override
    public void bug(UUID firstId, Throwable bug) {
      journal.add(name(firstId) + " bug");
    }
  }

  private UUID nextId() {
    ids++;
    if (ids == bugAt) {
      throw new IllegalStateException("a bug, for this test");
    }
    return p(ids);
  }

  /** Makes the pending requests throw when they generate the id with this number. */
  PendingFixture bugAt(int number) {
    bugAt = number;
    return this;
  }

  // Ids.

  /** Returns the first id of a request. */
  static UUID r(int number) {
    return new UUID(0, number);
  }

  /** Returns the id of a further publication. */
  static UUID p(int number) {
    return new UUID(1, number);
  }

  static String name(UUID id) {
    return (id.getMostSignificantBits() == 0 ? "r" : "p") + id.getLeastSignificantBits();
  }

  // Time.

  /** Sets the clock to this time after the start. Does not tick. */
  PendingFixture at(long millis) {
    this.millis = millis;
    return this;
  }

  private long now() {
    return at0(millis);
  }

  static long at0(long millis) {
    return T0 + millis * 1_000_000L;
  }

  /** Sets the clock, and ticks. */
  List<String> tick(long millis) {
    return describe(at(millis).pending.onTick(now()));
  }

  void excuse(long millis) {
    pending.excuse(millis * 1_000_000L);
  }

  // Events.

  List<String> get(int number) {
    return submit(number, "GET", REQUEST_TIMEOUT);
  }

  List<String> post(int number) {
    return submit(number, "POST", REQUEST_TIMEOUT);
  }

  /** Submits a request that has this time, in milliseconds. */
  List<String> submit(int number, String method, long timeout) {
    return describe(pending.onSubmission(submission(number, method, timeout), now()));
  }

  Submission submission(int number, String method, long timeout) {
    return new Submission(
        r(number), request(number, method), new TestCaller(number), at0(millis + timeout));
  }

  List<String> outcome(UUID id, PublicationOutcome outcome) {
    return describe(pending.onOutcome(id, outcome, now()));
  }

  List<String> publishFailed(UUID id) {
    return describe(pending.onPublishFailed(id, new IllegalStateException("a bug, for this test")));
  }

  List<String> ack(UUID id, ProcessId broker) {
    return describe(pending.onAck(new ClientRequestAck(id, UUID.randomUUID(), broker), now()));
  }

  List<String> response(UUID id) {
    return describe(pending.onResponse(responseTo(id), now()));
  }

  List<String> error(UUID id, Failure failure) {
    return describe(pending.onError(errorOf(id, failure), false, now()));
  }

  /** Handles an orphan of a broker that did not write its id into the error. */
  List<String> orphanedError(UUID id, Failure failure) {
    return describe(pending.onError(errorOf(id, failure), true, now()));
  }

  List<String> orphanedError(UUID id, Failure failure, ProcessId broker) {
    return describe(pending.onError(errorOf(id, failure).orphanOf(broker), true, now()));
  }

  List<String> deadLetter(UUID id) {
    return describe(pending.onDeadLetter(event(id), now()));
  }

  List<String> inDoubt(UUID id) {
    return describe(pending.onInDoubt(event(id), now()));
  }

  List<String> hungUp(int number) {
    return describe(pending.onHungUp(r(number), now()));
  }

  List<String> inboxReplaced() {
    return describe(pending.onInboxReplaced(now()));
  }

  List<String> abandonAll() {
    return describe(pending.abandonAll());
  }

  static Request request(int number, String method) {
    return new Request("orders", method, "/" + number, Headers.EMPTY, Body.ABSENT);
  }

  /** Returns a request as RabbitMQ gives it back. Only its id matters. */
  static ClientRequest event(UUID id) {
    return new ClientRequest(CLIENT, id, 1, request(0, "GET"));
  }

  static BrokerResponse responseTo(UUID id) {
    return new BrokerResponse(
        CLIENT,
        id,
        UUID.randomUUID(),
        UUID.randomUUID(),
        new Response(200, Headers.EMPTY, Body.ABSENT));
  }

  static BrokerError errorOf(UUID id, Failure failure) {
    return new BrokerError(id, UUID.randomUUID(), new EventError(failure, "why", Hop.BROKER));
  }

  // Texts of the effects.

  List<String> describe(List<PendingEffect> effects) {
    return effects.stream().map(this::describe).toList();
  }

  private String describe(PendingEffect effect) {
    if (effect instanceof PendingEffect.Publish e) {
      assertThat(pending.entries()).as("registered before it is published").isGreaterThan(1);
      String first = "r" + e.request().request().url().substring(1);
      String id = name(e.request().clientReqId());
      return "publish " + first + (id.equals(first) ? "" : " as " + id);
    } else if (effect instanceof PendingEffect.Withdraw e) {
      return "withdraw " + name(e.clientReqId());
    } else if (effect instanceof PendingEffect.Cancel e) {
      return "cancel " + name(e.cancel().clientReqId()) + " at " + e.brokerId();
    } else if (effect instanceof PendingEffect.ReportAck e) {
      String by = e.brokerId().map(broker -> " by " + broker).orElse("");
      return "ack of "
          + name(e.caller())
          + by
          + " after "
          + e.times().delayNanos() / 1_000_000L
          + " ms";
    } else if (effect instanceof PendingEffect.ReportBusy e) {
      return "busy " + name(e.caller());
    } else if (effect instanceof PendingEffect.Answer e) {
      return "answer " + name(e.caller());
    } else if (effect instanceof PendingEffect.Refuse e) {
      return "refuse " + name(e.caller()) + " " + e.error().failure().code();
    }
    throw new AssertionError(effect);
  }

  static String name(Caller caller) {
    return "r" + ((TestCaller) caller).number();
  }
}
