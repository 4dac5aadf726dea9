package io.github.httplongcut.broker.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.admin.PageAnswer;
import io.github.httplongcut.broker.core.ReplayId;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.loop.Ticker;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayPageTest {

  private static final UUID ID = new UUID(1, 1);
  private static final UUID DISPATCH = new UUID(2, 1);

  private final Captures captures = captures(true);
  private final Loop loop = new Loop("test loop");
  private final List<ClientRequest> started = new CopyOnWriteArrayList<>();
  private ReplayStart outcome = ReplayStart.STARTED;
  private final ReplayPage page = page(captures);

  private static final class NoTicker implements Ticker {
    @Override
    public void onTick(long nowNanos) {}

    @Override
    public void onSuspended(long nanos) {}
  }

  @BeforeEach
  void startLoop() {
    loop.start(new NoTicker());
  }

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  @Test
  void requestIsSentAgainUnderANewIdInTheNameOfTheBroker() throws Exception {
    Request original = capture("GET", Body.ofText("secret=1"));

    JsonNode answer = answer(202, ID, "");

    ClientRequest again = started.get(0);
    assertThat(again.request()).isEqualTo(original);
    assertThat(again.clientId()).isEqualTo(ProcessId.parse("broker.b-aaaaaa"));
    assertThat(again.clientReqTtl()).isEqualTo(39_000);
    assertThat(again.clientReqId()).isNotEqualTo(ID).matches(ReplayId::isReplay);
    assertThat(answer.get("client_req_id").textValue()).isEqualTo(again.clientReqId().toString());
    assertThat(answer.get("broker").textValue()).isEqualTo("broker.b-aaaaaa");
  }

  @Test
  void twoReplaysHaveTwoIds() throws Exception {
    capture("GET", Body.ABSENT);
    answer(202, ID, "");
    answer(202, ID, "");

    assertThat(started).extracting(ClientRequest::clientReqId).doesNotHaveDuplicates().hasSize(2);
  }

  @Test
  void requestIsFoundByItsDispatch() throws Exception {
    capture("GET", Body.ABSENT);
    answer(202, DISPATCH, "");

    assertThat(started).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[]",
        "true",
        "{\"confirm\":\"true\"}",
        "{\"confirm\":false}",
        "{\"x\":{\"confirm\":true}}",
        "{\"confirm\":true",
        "{\"confirm\":true} x",
        "{\"confirm\":[true]}"
      })
  void requestThatIsNotRepeatableNeedsConsent(String body) throws Exception {
    capture("POST", Body.ABSENT);

    assertThat(error(409, ID, body)).isEqualTo("confirm");
    assertThat(started).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"confirm\":true}", " {\"x\":[{}], \"confirm\" : true }"})
  void requestThatIsNotRepeatableIsSentWithConsent(String body) throws Exception {
    capture("POST", Body.ABSENT);
    answer(202, ID, body);

    assertThat(started).hasSize(1);
  }

  @Test
  void cutRequestIsNotSent() throws Exception {
    capture("GET", Body.ofText("x".repeat(101)));

    assertThat(error(409, ID, "")).isEqualTo("not_complete");
    assertThat(started).isEmpty();
  }

  @Test
  void unknownRequestsAreRefused() throws Exception {
    assertThat(error(404, UUID.randomUUID(), "")).isEqualTo("unknown_id");
    assertThat(error(409, DISPATCH, "")).as("remembered").isEqualTo("not_captured");
    for (String path : List.of("", "/replay", "x/replay", ID + "", ID + "/replay/", ID + "/x")) {
      assertThat(page.replay(path, "", "test").status()).as(path).isEqualTo(404);
    }
  }

  @Test
  void replaysAreOffByDefault() throws Exception {
    Captures off = captures(false);
    off.onRequest(event("GET", Body.ABSENT));

    PageAnswer answer = page(off).replay(ID + "/replay", "", "test");
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.body()).contains("\"error\":\"replay_off\"");
    assertThat(started).isEmpty();
  }

  @Test
  void stoppingOrFullBrokerRefuses() throws Exception {
    capture("GET", Body.ABSENT);
    outcome = ReplayStart.DRAINING;
    assertThat(error(503, ID, "")).isEqualTo("draining");
    outcome = ReplayStart.FULL;
    assertThat(error(503, ID, "")).isEqualTo("full");
  }

  /** The operator would try again, and a POST would be sent twice. */
  @Test
  void nothingIsSentAfterTheAnswerThatTheLoopIsBusy() throws Exception {
    capture("GET", Body.ABSENT);
    CountDownLatch release = new CountDownLatch(1);
    loop.execute(() -> awaitUninterruptibly(release));
    try {
      assertThat(error(503, ID, "")).isEqualTo("loop_busy");
    } finally {
      release.countDown();
    }
    assertThat(loop.executeAndWait(() -> {}, Duration.ofMinutes(1))).isTrue();
    assertThat(started).isEmpty();
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String error(int status, UUID id, String body) throws Exception {
    return answer(status, id, body).get("error").textValue();
  }

  private JsonNode answer(int status, UUID id, String body) throws Exception {
    PageAnswer answer = page.replay(id + "/replay", body, "test");
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    return new ObjectMapper().readTree(answer.body());
  }

  private Request capture(String method, Body body) {
    ClientRequest event = event(method, body);
    captures.onRequest(event);
    return event.request();
  }

  private static ClientRequest event(String method, Body body) {
    Headers headers = Headers.builder().add("Authorization", "Basic eA==").add("Via", "1").build();
    return new ClientRequest(
        new ProcessId("acme", "c-aaaaaa"),
        ID,
        1_000,
        new Request("orders", method, "/a?token=t", headers, body));
  }

  private static Captures captures(boolean replay) {
    return new Captures(new InspectConfig(true, replay, 1 << 20, 100, List.of()));
  }

  private ReplayPage page(Captures of) {
    return new ReplayPage(
        of,
        loop,
        new ReplayPage.Sender(
            id -> id.equals(DISPATCH) ? Optional.of(ID) : Optional.empty(),
            () -> "broker.b-aaaaaa",
            this::start,
            Duration.ofSeconds(39)));
  }

  private ReplayStart start(ClientRequest request) {
    if (outcome == ReplayStart.STARTED) {
      started.add(request);
    }
    return outcome;
  }
}
