package io.github.httplongcut.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.Event.BrokerHello;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.Event.UpstreamError;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.FakeChannel;
import io.github.httplongcut.session.FakeSession;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.Batching;
import io.github.httplongcut.session.Publication.Tries;
import io.github.httplongcut.upstream.core.RequestRunner;
import io.github.httplongcut.upstream.core.RunnerSettings;
import io.github.httplongcut.upstream.core.Targets;
import io.github.httplongcut.upstream.http.Examples;
import io.github.httplongcut.upstream.http.HttpCaller.Progress;
import io.github.httplongcut.upstream.http.HttpCaller.Result;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Deliveries, results and outcomes that reach the runner, and effects that are carried out. */
final class RunnerLoopTest {

  private static final ProcessId SELF = ProcessId.create("plant", "u1");
  private static final ProcessId BROKER = ProcessId.create("relay", "b1");
  private static final ProcessId CLIENT = ProcessId.create("acme", "c1");
  private static final String KEY = Topology.targetKey("orders", SELF);
  private static final Response RESPONSE = new Response(200, Headers.EMPTY, Body.ofText("ok"));
  private static final long TTL = 5_000;

  private final Targets targets =
      new Targets(
          SELF,
          List.of(UpstreamAgentConfig.servedTarget(Examples.config("http://server.example/base"))));
  private final FakeHttp http = new FakeHttp();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final FakeSession session = new FakeSession();
  private final FakeChannel channel = session.channel();
  private long now = 1_000_000_000L;
  private final RequestRunner runner =
      new RequestRunner(
          new RunnerSettings(Duration.ofSeconds(2), Duration.ofSeconds(2), "1.2"),
          targets,
          UUID::randomUUID,
          () -> 1,
          new RunnerJournalLog(new RunnerMetrics(registry, targets)));
  private final RunnerLoop loop = new RunnerLoop(runner, session, http, Runnable::run, () -> now);

  /** After the last result and the last confirm no request may be left. */
  @AfterEach
  void everyRequestEnds() {
    channel.answerFence();
    http.calls.forEach(call -> call.end(new Result.Answered(RESPONSE)));
    session.completeAll(Outcome.CONFIRMED);
    assertThat(runner.isIdle()).isTrue();
    assertThat(registry.get("longcut.upstream.in.flight").gauge().value()).isZero();
  }

  // The way of a request

  @Test
  void ackIsPublishedAndTheCallStarted() {
    deliver(broker(Examples.get("/x?y")));

    Publication ack = session.unfinished().get(0);
    assertThat(ack.event()).isInstanceOf(BrokerRequestAck.class);
    assertThat(ack.routingKey()).isEqualTo(BROKER.toString());
    assertThat(ack.expiration()).contains(2_000L);
    assertThat(ack.batching()).isEqualTo(Batching.UNHURRIED);
    assertThat(ack.tries()).isEqualTo(Tries.UNTIL_CONFIRMED);
    assertThat(http.last().url).isEqualTo("/base/x?y");
    assertThat(channel.acked()).isEmpty();
    assertThat(channel.settling()).isEmpty();
  }

  @Test
  void callOfARequestThatIsNotRepeatableStartsOnceItIsSettled() {
    Delivery delivery = deliver(broker(Examples.post("x")));
    assertThat(channel.settling()).containsExactly(delivery);
    assertThat(session.events()).isEmpty();
    assertThat(http.calls).isEmpty();

    channel.answerFence();

    assertThat(session.unfinished())
        .singleElement()
        .extracting(Publication::batching)
        .isEqualTo(Batching.ANY);
    assertThat(http.calls).hasSize(1);
  }

  /** The HTTP client may report a closed pool before the call returns. */
  @Test
  void resultThatComesBeforeTheCallReturnsCounts() {
    http.atOnce = Optional.of(new Result.Answered(RESPONSE));

    deliver(broker(Examples.get("/")));
    http.atOnce = Optional.empty();
    loop.onTick(now + Duration.ofMinutes(1).toNanos());

    assertThat(session.events()).filteredOn(UpstreamResponse.class::isInstance).hasSize(1);
    assertThat(http.last().aborted).isFalse();
  }

  @Test
  void heartbeatSaysThatTheServerCannotBeReached() {
    loop.onConsuming();
    deliver(broker(Examples.get("/")));
    http.last()
        .end(
            new Result.Failed(
                Failure.UPSTREAM_UNREACHABLE, "upstream target 'orders': cannot connect to h:80"));
    assertThat(nextReason())
        .matches("since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ: cannot connect to h:80");

    deliver(broker(Examples.get("/")));
    http.last().end(new Result.Answered(RESPONSE));
    assertThat(nextReason()).isEmpty();
  }

  /** Returns the reason of the next heartbeat, empty if it has none. */
  private String nextReason() {
    session.published().clear();
    now += Duration.ofSeconds(2).toNanos();
    loop.onTick(now);
    return session.events().stream()
        .filter(UpstreamHeartbeat.class::isInstance)
        .map(event -> ((UpstreamHeartbeat) event).reason().orElse(""))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void responseIsPublishedAndItsDeliveryAckedOnceConfirmed() {
    BrokerRequest request = broker(Examples.get("/"));
    Delivery delivery = deliver(request);
    now += Duration.ofSeconds(1).toNanos();

    http.last().end(new Result.Answered(RESPONSE));

    Publication answer = session.unfinished().get(1);
    assertThat(answer.event())
        .isInstanceOfSatisfying(
            UpstreamResponse.class,
            response -> assertThat(response.response()).isEqualTo(RESPONSE));
    assertThat(answer.routingKey()).isEqualTo(BROKER.toString());
    assertThat(answer.expiration()).contains(4_000L);
    assertThat(answer.tries()).isEqualTo(Tries.UNTIL_CONFIRMED);
    assertThat(channel.acked()).isEmpty();
    now += Duration.ofMillis(500).toNanos();
    session.completeAll(Outcome.CONFIRMED);
    assertThat(channel.acked()).containsExactly(delivery);
    assertThat(ended("response")).isEqualTo(1);
    assertThat(timesOf("response")).isEqualTo("1 in 1500 ms");
    assertThat(timesIn("start")).isEqualTo("1 in 0 ms");
    assertThat(timesIn("confirm")).isEqualTo("1 in 500 ms");
  }

  @Test
  void slotsAndHealthAreMeasured() {
    assertThat(gauge("free.slots")).isEqualTo(targets.named("orders").capacity());
    assertThat(gauge("target.healthy")).isEqualTo(1);

    deliver(broker(Examples.get("/")));
    assertThat(gauge("in.flight")).isEqualTo(1);
    assertThat(gauge("free.slots")).isEqualTo(targets.named("orders").capacity() - 1);

    loop.withdraw(targets.named("orders"), "fails");
    assertThat(gauge("target.healthy")).isZero();
    assertThat(gauge("free.slots")).isZero();

    loop.offer(targets.named("orders"));
    assertThat(gauge("target.healthy")).isEqualTo(1);
  }

  private double gauge(String name) {
    return registry
        .get("longcut.upstream." + name)
        .tag("upstream_target", "orders")
        .gauge()
        .value();
  }

  private String timesOf(String outcome) {
    return times(registry.get("longcut.upstream.request").tag("outcome", outcome).timer());
  }

  private String timesIn(String stage) {
    return times(registry.get("longcut.upstream.stage").tag("stage", stage).timer());
  }

  private static String times(Timer timer) {
    return "%d in %.0f ms".formatted(timer.count(), timer.totalTime(TimeUnit.MILLISECONDS));
  }

  @Test
  void deliveryOfABatchIsAckedOnceAllAnswersAreConfirmed() {
    Delivery delivery = deliver(broker(Examples.get("/1")), broker(Examples.get("/2")));

    http.calls.get(1).end(new Result.Answered(RESPONSE));
    session.completeAll(Outcome.CONFIRMED);
    assertThat(channel.acked()).isEmpty();

    http.calls.get(0).end(new Result.Answered(RESPONSE));
    session.completeAll(Outcome.CONFIRMED);
    assertThat(channel.acked()).containsExactly(delivery);
  }

  @Test
  void failedCallIsAnsweredWithItsError() {
    deliver(broker(Examples.get("/")));

    http.last().end(new Result.Failed(Failure.UPSTREAM_UNREACHABLE, "refused"));

    assertThat(lastError().error().failure()).isEqualTo(Failure.UPSTREAM_UNREACHABLE);
    assertThat(lastError().error().message()).isEqualTo("refused");
    assertThat(ended("upstream_unreachable")).isEqualTo(1);
    session.completeAll(Outcome.CONFIRMED);
    assertThat(timesOf("upstream_unreachable")).isEqualTo("1 in 0 ms");
  }

  @ParameterizedTest
  @EnumSource(Outcome.class)
  void agentLostFollowsAnUnreachablePostInDoubt(Outcome outcome) {
    deliver(broker(Examples.post("x")));
    channel.answerFence();
    session.completeAll(Outcome.CONFIRMED);
    http.last().end(new Result.Failed(Failure.UPSTREAM_UNREACHABLE, "refused"));
    assertThat(session.unfinished())
        .singleElement()
        .extracting(Publication::tries)
        .isEqualTo(Tries.ONCE);

    session.completeAll(outcome);

    boolean inDoubt =
        switch (outcome) {
          case CONFIRMED, RETURNED, REFUSED, NO_CONNECTION -> false;
          case UNKNOWN, NACKED, BLOCKED, INBOX_BUSY -> true;
        };
    assertThat(runner.isIdle()).isNotEqualTo(inDoubt);
    assertThat(lastError().error().failure())
        .isEqualTo(inDoubt ? Failure.UPSTREAM_AGENT_LOST : Failure.UPSTREAM_UNREACHABLE);
    assertThat(session.unfinished())
        .allMatch(publication -> publication.tries() == Tries.UNTIL_CONFIRMED);
  }

  @ParameterizedTest
  @EnumSource(Progress.class)
  void callIsAbortedAtItsDeadline(Progress progress) {
    deliver(broker(Examples.get("/")));
    http.last().progress = progress;

    tickAfterMillis(TTL - 251);
    assertThat(http.last().aborted).isFalse();
    tickAfterMillis(1);

    assertThat(http.last().aborted).isTrue();
    assertThat(lastError().error().failure())
        .isEqualTo(
            progress == Progress.SENT ? Failure.UPSTREAM_TIMEOUT : Failure.UPSTREAM_UNREACHABLE);
    int published = session.events().size();
    http.last().end(new Result.Answered(RESPONSE));
    assertThat(session.events()).as("the late result is dropped").hasSize(published);
  }

  @Test
  void cancelAbortsTheCall() {
    BrokerRequest request = broker(Examples.get("/"));
    Delivery delivery = deliver(request);

    Delivery cancel =
        deliver(new BrokerCancel(BROKER, request.clientReqId(), request.brokerReqId()));

    assertThat(http.last().aborted).isTrue();
    assertThat(channel.acked()).containsExactly(delivery, cancel);
    assertThat(ended("cancelled")).isEqualTo(1);
    assertThat(timesOf("cancelled")).isEqualTo("1 in 0 ms");
  }

  // Deliveries that are not taken

  @Test
  void messageIsRejectedWhileDraining() {
    loop.beginDrain();

    Delivery delivery = deliver(broker(Examples.get("/1")), broker(Examples.get("/2")));

    assertThat(channel.rejected()).containsExactly(delivery);
    assertThat(registry.get("longcut.upstream.requests.rejected").counter().count()).isEqualTo(2);
  }

  @Test
  void messageThatNoHonestBrokerSendsIsDiscarded() {
    Delivery delivery = channel.deliver(KEY, "mallory", broker(Examples.get("/")));
    loop.onDelivery(delivery);

    assertThat(channel.discarded()).containsExactly(entry(delivery, DiscardReason.WRONG_SENDER));
    assertThat(channel.acked()).isEmpty();
    assertThat(http.calls).isEmpty();
  }

  @Test
  void lostDeliveryIsNotTaken() {
    Delivery delivery = channel.deliver(KEY, BROKER.user(), broker(Examples.get("/")));
    channel.lose();

    loop.onDelivery(delivery);

    assertThat(http.calls).isEmpty();
    assertThat(runner.isIdle()).isTrue();
  }

  @Test
  void messagesOfTheFormerIdAreDiscarded() {
    ProcessId next = SELF.renewed();
    loop.onInboxReplaced(next);

    Delivery former = deliver(broker(Examples.get("/former")));
    String key = Topology.targetKey("orders", next);
    loop.onDelivery(channel.deliver(key, BROKER.user(), broker(Examples.get("/next"))));

    assertThat(channel.discarded()).containsExactly(entry(former, DiscardReason.WRONG_RECEIVER));
    assertThat(http.calls).singleElement().extracting(call -> call.url).isEqualTo("/base/next");
  }

  // Heartbeats

  @Test
  void heartbeatIsPublishedUnderTheKeyOfItsTarget() {
    loop.onConsuming();

    assertThat(session.unfinished())
        .singleElement()
        .satisfies(
            publication -> {
              assertThat(publication.event()).isInstanceOf(UpstreamHeartbeat.class);
              assertThat(publication.routingKey()).isEqualTo(KEY);
              assertThat(publication.isOverdue(now + 1_999_999_999L)).isFalse();
              assertThat(publication.isOverdue(now + 2_000_000_000L)).isTrue();
            });
  }

  @Test
  void helloIsAnsweredWithAHeartbeatAndAcked() {
    loop.onConsuming();
    now += Duration.ofMillis(200).toNanos();

    Delivery hello = deliver(new BrokerHello(BROKER, "1"));

    assertThat(session.events()).hasSize(2).hasOnlyElementsOfType(UpstreamHeartbeat.class);
    assertThat(channel.acked()).containsExactly(hello);
  }

  // Bugs

  @Test
  void exceptionInACallAffectsOnlyItsRequest() {
    http.throwsAt = "/1";
    deliver(broker(Examples.get("/1")), broker(Examples.get("/2")));

    assertThat(session.events())
        .filteredOn(UpstreamError.class::isInstance)
        .singleElement()
        .extracting(event -> ((UpstreamError) event).error().failure())
        .isEqualTo(Failure.INTERNAL_ERROR);
    assertThat(http.last().url).isEqualTo("/base/2");
    assertThat(registry.get("longcut.upstream.in.flight").gauge().value()).isEqualTo(1);
  }

  @Test
  void requestWhoseAckCannotBePublishedIsNotRun() {
    session.failOnce();
    deliver(broker(Examples.get("/1")), broker(Examples.get("/2")));

    assertThat(session.events())
        .extracting(Event::getClass)
        .as("the first ack failed")
        .containsExactly(BrokerRequestAck.class, UpstreamError.class, BrokerRequestAck.class);
    assertThat(http.calls).singleElement().extracting(call -> call.url).isEqualTo("/base/2");
  }

  /** Otherwise it would hold its delivery forever. */
  @Test
  void requestWhoseAnswerCannotBePublishedEnds() {
    Delivery delivery = deliver(broker(Examples.get("/")));
    session.failOnce();

    http.last().end(new Result.Answered(RESPONSE));

    assertThat(channel.acked()).containsExactly(delivery);
    assertThat(runner.isIdle()).isTrue();
  }

  /**
   * RabbitMQ then takes the delivery back. Otherwise its requests would hold their slots forever.
   */
  @Test
  void channelIsReopenedIfADeliveryCannotBeSettled() {
    Delivery delivery = channel.deliver(KEY, BROKER.user(), broker(Examples.post("x")));
    delivery.ack(); // settling it throws

    loop.onDelivery(delivery);

    assertThat(session.reopened()).hasSize(1);
    loop.onConsumingLost();
    assertThat(runner.isIdle()).isTrue();
  }

  // Fixture

  private double ended(String outcome) {
    return registry.get("longcut.upstream.requests").tag("outcome", outcome).counter().count();
  }

  private static BrokerRequest broker(Request request) {
    return new BrokerRequest(
        CLIENT, UUID.randomUUID(), TTL, BROKER, UUID.randomUUID(), TTL, request);
  }

  private Delivery deliver(Event... events) {
    Delivery delivery = channel.deliver(KEY, BROKER.user(), events);
    loop.onDelivery(delivery);
    return delivery;
  }

  private void tickAfterMillis(long millis) {
    now += Duration.ofMillis(millis).toNanos();
    loop.onTick(now);
  }

  private UpstreamError lastError() {
    List<Event> all = session.events();
    return (UpstreamError) all.get(all.size() - 1);
  }
}
