package io.github.httplongcut.upstream.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.UpstreamError;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Runner with a simulated clock, short methods for its events, and short texts for its effects. It
 * has one target, {@code orders}, with capacity 2 and a timeout of 10 s. Requests have 5 s.
 *
 * <ul>
 *   <li>r1 is the request with {@code broker_req_id} 1.
 *   <li>d1, d2, ... are deliveries.
 * </ul>
 */
final class RunnerFixture {

  static final ProcessId SELF = new ProcessId("plant", "u-aaaaaa");
  static final ProcessId BROKER = new ProcessId("relay", "b-aaaaaa");
  static final ProcessId CLIENT = new ProcessId("acme", "c-aaaaaa");
  static final String TARGET = "orders";
  static final long TTL = 5_000;
  static final RunnerSettings SETTINGS =
      new RunnerSettings(Duration.ofSeconds(2), Duration.ofSeconds(2), "1.2");

  /** Close to the overflow of {@code nanoTime}, which the runner must handle. */
  private static final long T0 = Long.MAX_VALUE - 3_000_000_000L;

  /** Receipt of a delivery. Its text is d1, d2, ... */
  static final class TestReceipt extends RequestReceipt {
    private final int number;

    private TestReceipt(int number) {
      this.number = number;
    }

    @Override
    public String toString() {
      return "d" + number;
    }
  }

  /** Notes the runner's actions, as texts. */
  private final class Journal implements RunnerJournal {

    @Override
    public void taken(TakenRequest request) {
      taken.put(number(request), request);
      note("taken", request);
    }

    @Override
    public void started(TakenRequest request, long ttl, long now) {
      note("started", request, ttl);
      if (number(request) == bugAt) {
        throw new IllegalStateException("a bug, for this test");
      }
    }

    @Override
    public void responded(TakenRequest request, int statusCode) {
      note("responded", request, statusCode);
    }

    @Override
    public void failed(TakenRequest request, Failure failure, String message) {
      note("failed", request, failure.code());
    }

    @Override
    public void tooLate(TakenRequest request) {
      note("too late", request);
    }

    @Override
    public void answerDone(TakenRequest request, AnswerOutcome outcome, long nanos) {
      times.add("r%d %s after %d ms".formatted(number(request), outcome, nanos / 1_000_000));
    }

    @Override
    public void ended(TakenRequest request, Optional<Failure> failure, long now) {
      String how = failure.map(Failure::code).orElse("response");
      long nanos = now - request.takenAt();
      times.add("r%d %s in %d ms".formatted(number(request), how, nanos / 1_000_000));
    }

    @Override
    public void cancelled(TakenRequest request, long now) {
      note("cancelled", request);
    }

    @Override
    public void forgotten(TakenRequest request) {
      note("forgotten", request);
    }

    @Override
    public void rejected(Target target, int requests, AgentState state) {
      journal.add("rejected " + requests + " " + state);
    }

    @Override
    public void slots(Target target, int requests, int free) {
      inFlight = requests;
      freeSlots = free;
    }

    @Override
    public void withdrawn(Target target) {
      journal.add("withdrawn " + target.name());
    }

    @Override
    public void offered(Target target) {
      journal.add("offered " + target.name());
    }

    @Override
    public void bug(TakenRequest request, Throwable bug) {
      note("bug", request);
    }

    private void note(String action, TakenRequest request) {
      journal.add(action + " r" + number(request));
    }

    private void note(String action, TakenRequest request, Object detail) {
      journal.add(action + " r" + number(request) + " " + detail);
    }
  }

  final Target orders = target(TARGET);
  final List<String> journal = new ArrayList<>();

  /** Times of the answers and of the requests, as noted in the journal. */
  final List<String> times = new ArrayList<>();

  /** Expirations of the acks and answers so far, in milliseconds. */
  final List<Long> expirations = new ArrayList<>();

  final RequestRunner runner;
  private final Map<Integer, TakenRequest> taken = new LinkedHashMap<>();
  private final List<RequestReceipt> settling = new ArrayList<>();
  private final List<TakenRequest> unconfirmed = new ArrayList<>();
  private List<RunnerEffect> last = List.of();
  private int inFlight;

  /** The target's free slots, as last noted in the journal. */
  int freeSlots;

  private int receipts;
  private int ids = 100;
  private int bugAt;
  private long millis;

  RunnerFixture() {
    runner =
        new RequestRunner(
            SETTINGS, new Targets(SELF, List.of(orders)), () -> id(++ids), () -> 1, new Journal());
  }

  /** Returns a target with capacity 2, a timeout of 10 s and the base path {@code /base}. */
  static Target target(String name) {
    return new Target(
        name,
        2,
        Duration.ofSeconds(10),
        "server.example:80",
        new RequestRules(new BasePath("/base"), RequestRules.HostField.SERVER));
  }

  /** Makes the runner throw when it starts this request. */
  RunnerFixture bugAt(int number) {
    bugAt = number;
    return this;
  }

  /** Ends everything that is under way, and asserts that the runner then holds nothing. */
  void assertEverythingEnds() {
    settleAll();
    List.copyOf(taken.values()).forEach(each -> describe(respond(each, ok())));
    confirmAll();
    assertThat(runner.isIdle()).as("idle").isTrue();
    assertThat(inFlight).as("in flight").isZero();
    assertThat(runner.states().inFlight(orders)).as("slots in use").isZero();
    assertThat(runner.states().unconfirmed(orders)).as("unconfirmed answers").isZero();
  }

  // Time.

  /** Sets the clock to this time after the start. Does not tick. */
  RunnerFixture at(long millis) {
    this.millis = millis;
    return this;
  }

  long now() {
    return at0(millis);
  }

  static long at0(long millis) {
    return T0 + millis * 1_000_000L;
  }

  List<String> tick() {
    return describe(runner.onTick(now()));
  }

  /** Sets the clock, and ticks. */
  List<String> tick(long millis) {
    return at(millis).tick();
  }

  List<String> heartbeatTick() {
    return describe(runner.onHeartbeatTick(now()));
  }

  // Requests.

  TestReceipt delivery() {
    return new TestReceipt(++receipts);
  }

  List<String> get(int number) {
    return receive(delivery(), request(number, "GET"));
  }

  List<String> post(int number) {
    return receive(delivery(), request(number, "POST"));
  }

  /** Receives a POST and settles it. Returns the effects of the settling. */
  List<String> settledPost(int number) {
    TestReceipt receipt = delivery();
    receive(receipt, request(number, "POST"));
    return settled(receipt);
  }

  List<String> receive(RequestReceipt receipt, BrokerRequest... requests) {
    return receive(BROKER.user(), receipt, requests);
  }

  List<String> receive(String user, RequestReceipt receipt, BrokerRequest... requests) {
    return describe(
        runner.onRequests(new RequestBatch(List.of(requests), orders, user, receipt), now()));
  }

  static BrokerRequest request(int number, String method) {
    return request(
        number, TTL, new Request(TARGET, method, "/" + number, Headers.EMPTY, Body.ABSENT));
  }

  static BrokerRequest request(int number, long ttl) {
    return request(
        number, ttl, new Request(TARGET, "GET", "/" + number, Headers.EMPTY, Body.ABSENT));
  }

  static BrokerRequest request(int number, long ttl, Request request) {
    return new BrokerRequest(CLIENT, id(1_000 + number), ttl, BROKER, id(number), ttl, request);
  }

  List<String> settled(RequestReceipt receipt) {
    settling.remove(receipt);
    return describe(runner.onSettled(receipt, now()));
  }

  private void settleAll() {
    List.copyOf(settling).forEach(this::settled);
  }

  /** Cancels a request, as its broker. */
  List<String> cancel(int number) {
    return cancel(number, BROKER.user());
  }

  List<String> cancel(int number, String user) {
    return describe(
        runner.onCancel(new BrokerCancel(BROKER, id(1_000 + number), id(number)), user, now()));
  }

  // Calls.

  List<String> response(int number) {
    return response(number, ok());
  }

  List<String> response(int number, Response response) {
    return describe(respond(taken(number), response));
  }

  private List<RunnerEffect> respond(TakenRequest request, Response response) {
    return runner.onResponse(request, response, now());
  }

  List<String> callFailed(int number, Failure failure) {
    return describe(runner.onCallFailed(taken(number), failure, "why", now()));
  }

  List<String> aborted(int number, CallProgress progress) {
    return describe(runner.onAborted(taken(number), progress, now()));
  }

  /** Handles an exception in an effect of the request. */
  List<String> bug(int number) {
    return describe(runner.onBug(taken(number), new IllegalStateException("for a test"), now()));
  }

  static Response ok() {
    return new Response(200, Headers.EMPTY, Body.ofText("ok"));
  }

  /** Returns the request of this number that was taken last. */
  TakenRequest taken(int number) {
    return taken.get(number);
  }

  // Answers.

  List<String> answerDone(int number, AnswerOutcome outcome) {
    unconfirmed.remove(taken(number));
    return describe(runner.onAnswerDone(taken(number), outcome, now()));
  }

  /** Confirms all answers. */
  List<String> confirmAll() {
    List<String> all = new ArrayList<>();
    while (!unconfirmed.isEmpty()) {
      TakenRequest request = unconfirmed.remove(0);
      all.addAll(describe(runner.onAnswerDone(request, AnswerOutcome.CONFIRMED, now())));
    }
    return all;
  }

  /** Returns the error among the effects of the last call. */
  UpstreamError lastError() {
    return last.stream()
        .filter(RunnerEffect.Answer.class::isInstance)
        .map(each -> (UpstreamError) ((RunnerEffect.Answer) each).answer())
        .findFirst()
        .orElseThrow();
  }

  /** Returns the response among the effects of the last call. */
  UpstreamResponse lastResponse() {
    return last.stream()
        .filter(RunnerEffect.Answer.class::isInstance)
        .map(each -> (UpstreamResponse) ((RunnerEffect.Answer) each).answer())
        .findFirst()
        .orElseThrow();
  }

  // The inbox and the drain.

  List<String> consuming() {
    return describe(runner.onConsuming(now()));
  }

  List<String> consumingLost() {
    settling.clear();
    return describe(runner.onConsumingLost(now()));
  }

  List<String> drain() {
    return describe(runner.beginDrain(now()));
  }

  List<String> cutOff() {
    return describe(runner.cutOff(now()));
  }

  AgentState state() {
    return runner.states().stateOf(orders);
  }

  static UUID id(int number) {
    return new UUID(0, number);
  }

  private static int number(TakenRequest request) {
    return (int) request.brokerReqId().getLeastSignificantBits();
  }

  // Texts of the effects.

  List<String> describe(List<RunnerEffect> effects) {
    last = effects;
    effects.forEach(this::note);
    return effects.stream().map(RunnerFixture::describe).toList();
  }

  private void note(RunnerEffect effect) {
    if (effect instanceof RunnerEffect.Settle settle) {
      settling.add(settle.receipt());
    } else if (effect instanceof RunnerEffect.Acknowledge acknowledge) {
      expirations.add(acknowledge.expirationMillis());
    } else if (effect instanceof RunnerEffect.Answer answer) {
      expirations.add(answer.expirationMillis());
      unconfirmed.add(answer.request());
    }
  }

  private static String describe(RunnerEffect effect) {
    return switch (effect.type()) {
      case SETTLE -> "settle " + ((RunnerEffect.Settle) effect).receipt();
      case DONE -> "done " + ((RunnerEffect.Done) effect).receipt();
      case REJECT -> "reject " + ((RunnerEffect.Reject) effect).receipt();
      case DISCARD -> "discard " + ((RunnerEffect.Discard) effect).receipt();
      case ACKNOWLEDGE -> "ack r" + number(((RunnerEffect.Acknowledge) effect).request());
      case CALL -> {
        RunnerEffect.Call call = (RunnerEffect.Call) effect;
        yield "call r%d %s %s"
            .formatted(number(call.request()), call.request().http().method(), call.url());
      }
      case ABORT -> "abort r" + number(((RunnerEffect.Abort) effect).request());
      case ANSWER -> describe((RunnerEffect.Answer) effect);
      case HEARTBEAT -> {
        AgentState state = ((RunnerEffect.Heartbeat) effect).heartbeat().state();
        yield "heartbeat " + state.name().toLowerCase(Locale.ROOT);
      }
    };
  }

  private static String describe(RunnerEffect.Answer answer) {
    String tries = answer.tries() == AnswerTries.ONCE ? " once" : "";
    String what =
        answer.answer() instanceof UpstreamResponse response
            ? "respond r%d " + response.response().statusCode()
            : "fail r%d " + ((UpstreamError) answer.answer()).error().failure().code();
    return what.formatted(number(answer.request())) + tries;
  }
}
