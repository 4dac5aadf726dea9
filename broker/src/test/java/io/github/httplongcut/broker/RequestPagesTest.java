package io.github.httplongcut.broker;

import static io.github.httplongcut.broker.core.RequestRecords.answered;
import static io.github.httplongcut.broker.core.RequestRecords.cancelled;
import static io.github.httplongcut.broker.core.RequestRecords.failed;
import static io.github.httplongcut.broker.core.RequestRecords.lost;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.admin.PageAnswer;
import io.github.httplongcut.admin.PageQuery;
import io.github.httplongcut.broker.core.AgentLimits;
import io.github.httplongcut.broker.core.OutlierDetection;
import io.github.httplongcut.broker.core.Receipt;
import io.github.httplongcut.broker.core.RequestRecords;
import io.github.httplongcut.broker.core.Router;
import io.github.httplongcut.broker.core.RouterLimits;
import io.github.httplongcut.broker.core.SequentialRandom;
import io.github.httplongcut.broker.core.WaitingLimits;
import io.github.httplongcut.broker.inspect.Captures;
import io.github.httplongcut.broker.inspect.InspectConfig;
import io.github.httplongcut.broker.inspect.PathMask;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.loop.Ticker;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.share.ShareRule;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestPagesTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final long start = System.nanoTime();
  private final WallTime time =
      new WallTime(() -> Instant.parse("2026-11-29T18:00:00.123Z"), () -> start);
  private final RequestMemory memory = new RequestMemory(time, new PathMask(InspectConfig.OFF));
  private final Captures captures =
      new Captures(new InspectConfig(true, false, 1 << 20, 1 << 10, List.of()));
  private final Loop loop = new Loop("test loop");
  private final Router router =
      new Router(
          RequestRecords.AGENT,
          new RouterLimits(
              MINUTE,
              MINUTE,
              MINUTE,
              10,
              1 << 20,
              new WaitingLimits(10, 10),
              new ShareRule(0.5, 10),
              3,
              new AgentLimits(10, 20, OutlierDetection.OFF)),
          () -> new UUID(7, 7),
          new SequentialRandom(),
          (request, dispatch, from, to, why) -> {});
  private final RequestPages pages =
      new RequestPages(memory, router.view(), loop, () -> "broker.b-aaaaaa", captures);

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
  void accountHasAllThatTheBrokerKnows() throws Exception {
    memory.add(failed(1, Failure.UPSTREAM_TIMEOUT, "no\u001b[2J answer", start));

    JsonNode account = account(RequestRecords.id(1).toString());

    assertThat(account)
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"client_req_id":"00000000-0000-0001-0000-000000000001",
                     "broker":"broker.b-aaaaaa","client_agent":"acme.c-aaaaaa",
                     "upstream_target":"orders","method":"POST","path":"/orders/1",
                     "request_bytes":12,"received_at":"2026-11-29T18:00:00.123Z","state":"over",
                     "outcome":"upstream_timeout","status":504,
                     "error":{"code":"upstream_timeout","detail":"no [2J answer",
                              "hop":"upstream_agent"},
                     "ran":"maybe","ran_why":"a made-up reason","total_ms":1.0,"attempts":1,
                     "omitted_steps":0,
                     "steps":[
                       {"ms":0.0,"stage":"received","why":"",
                        "broker_req_id":"00000000-0000-0002-0000-000000000001",
                        "upstream_agent":""},
                       {"ms":0.0,"stage":"dispatched","why":"received",
                        "broker_req_id":"00000000-0000-0002-0000-000000000001",
                        "upstream_agent":"plant.a-aaaaaa"},
                       {"ms":1.0,"stage":"over","why":"upstream_timeout",
                        "broker_req_id":"00000000-0000-0002-0000-000000000001",
                        "upstream_agent":""}]}
                    """));
  }

  @Test
  void requestInFlightIsFoundOnTheLoop() throws Exception {
    UUID id = UUID.randomUUID();
    receive(id);

    JsonNode account = account(id.toString());

    assertThat(account.get("state").textValue()).isEqualTo("in_flight");
    assertThat(account.get("outcome").textValue()).isEmpty();
    assertThat(account.get("status").intValue()).isZero();
    assertThat(account.get("path").textValue()).isEqualTo("/x;sid=•••");
    assertThat(account.get("ran").textValue()).isEqualTo("not_yet");
    assertThat(account.get("steps")).hasSize(2);
    assertThat(account.get("total_ms").doubleValue()).isNotNegative();
    assertThat(account.has("error")).isFalse();
  }

  private void receive(UUID id) throws InterruptedException {
    Request request =
        new Request("orders", "GET", "/x;sid=S3CR3T?secret", Headers.EMPTY, Body.ABSENT);
    ClientRequest event = new ClientRequest(RequestRecords.CLIENT, id, 60_000, request);
    assertThat(
            loop.executeAndWait(
                () -> router.onClientRequest(event, new Receipt() {}, loop.now()), MINUTE))
        .isTrue();
  }

  @Test
  void aLostRequestThatArrivesOnceMoreIsInFlight() throws Exception {
    String id = RequestRecords.id(1).toString();
    memory.add(lost(1, start));
    assertThat(account(id).get("outcome").textValue()).isEqualTo("lost");

    receive(RequestRecords.id(1));

    assertThat(account(id).get("state").textValue()).isEqualTo("in_flight");
    assertThat(account(RequestRecords.lostDispatchOf(1).toString()).get("state").textValue())
        .isEqualTo("in_flight");
  }

  @Test
  void secretsInAPathAreMaskedEverywhere() throws Exception {
    memory.add(failed(1, Failure.UPSTREAM_BUSY, "why", start).withPath("/x;sid=S3CR3T"));

    assertThat(account(RequestRecords.id(1).toString()).get("path").textValue())
        .isEqualTo("/x;sid=•••");
    JsonNode list = list(Map.of("text", "sid="));
    assertThat(list.at("/requests/0/path").textValue()).isEqualTo("/x;sid=•••");
    assertThat(list.at("/notable/0/path").textValue()).isEqualTo("/x;sid=•••");
    assertThat(list(Map.of("text", "S3CR3T")).get("requests")).isEmpty();
  }

  @Test
  void unknownIdIsNotFound() throws Exception {
    PageAnswer answer = page(UUID.randomUUID().toString(), Map.of());

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.body()).contains("\"error\":\"unknown_id\"");
  }

  @Test
  void idMustBeAUuid() throws Exception {
    PageAnswer answer = page("1;drop", Map.of());

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.body()).contains("\"error\":\"unknown_id\"").contains("is a UUID");
  }

  @Test
  void stuckLoopIsReported() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    loop.execute(() -> awaitUninterruptibly(release));
    try {
      PageAnswer answer = page(UUID.randomUUID().toString(), Map.of());

      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.body()).contains("\"error\":\"loop_busy\"");
      memory.add(lost(1, start));
      assertThat(account(RequestRecords.id(1).toString()).get("outcome").textValue())
          .isEqualTo("lost");
    } finally {
      release.countDown();
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void listHasALineForEachRequest() throws Exception {
    memory.add(answered(1, 200, start, 130_140_000));

    JsonNode list = list(Map.of());

    assertThat(list.get("requests"))
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    [{"client_req_id":"00000000-0000-0001-0000-000000000001",
                      "received_at":"2026-11-29T18:00:00.123Z","upstream_target":"orders",
                      "method":"POST","path":"/orders/1","outcome":"answered","status":200,
                      "total_ms":130.1,"client_agent":"acme.c-aaaaaa",
                      "upstream_agent":"plant.a-aaaaaa","attempts":1,"captured":false}]
                    """));
    assertThat(list.get("notable")).as("the slowest of its minute").hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "target, orders, 1 2 3 4",
    "target, order, ''",
    "status, 200, 1",
    "status, 5xx, 2 3",
    "outcome, answered, 1 2",
    "outcome, upstream_busy, 3",
    "outcome, cancelled, 4",
    "text, ORDERS/3, 3",
    "text, plant.a, 1 2 3 4",
    "text, 0001-0000-000000000002, 2",
    "limit, 2, 4 3"
  })
  void listIsFiltered(String parameter, String value, String expected) throws Exception {
    memory.add(answered(1, 200, start + 1, 1));
    memory.add(answered(2, 502, start + 2, 1));
    memory.add(failed(3, Failure.UPSTREAM_BUSY, "why", start + 3));
    memory.add(cancelled(4, start + 4));

    List<String> numbers = new ArrayList<>();
    for (JsonNode line : list(Map.of(parameter, value)).get("requests")) {
      numbers.add(line.get("path").textValue().replace("/orders/", ""));
    }

    assertThat(parameter.equals("limit") ? numbers : numbers.stream().sorted().toList())
        .isEqualTo(expected.chars().filter(c -> c > ' ').mapToObj(Character::toString).toList());
  }

  @ParameterizedTest
  @CsvSource({"status, 2000", "status, x", "limit, -1", "limit, 9999999", "limit, x"})
  void malformedParameterIsRefused(String parameter, String value) throws Exception {
    PageAnswer answer = page("", Map.of(parameter, value));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).contains("\"detail\":\"" + parameter + " must be ");
  }

  private JsonNode account(String id) throws IOException, InterruptedException {
    PageAnswer answer = page(id, Map.of());
    assertThat(answer.status()).isEqualTo(200);
    return new ObjectMapper().readTree(answer.body());
  }

  private JsonNode list(Map<String, String> parameters) throws IOException, InterruptedException {
    PageAnswer answer = page("", parameters);
    assertThat(answer.status()).isEqualTo(200);
    return new ObjectMapper().readTree(answer.body());
  }

  private PageAnswer page(String subPath, Map<String, String> parameters)
      throws InterruptedException {
    PageQuery query = new PageQuery(subPath, parameters, "", "loopback 127.0.0.1");
    return subPath.isEmpty() ? pages.list(query) : pages.account(query);
  }
}
