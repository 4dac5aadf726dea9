package io.github.httplongcut.system.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;

/** A broker shows captured requests with masks, and sends them again. */
@ExtendWith(RabbitMqExtension.class)
@Tag("any-rabbitmq")
class ReplayIT {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern MOVED = Pattern.compile("event=moved client_req_id=(\\S+)");
  private static final String CONFIRMED = "{\"confirm\":true}";

  private final RabbitMq rabbitMq;
  private final HttpClient http = HttpClient.newHttpClient();
  private TestUpstream upstream;
  private Relay relay;

  ReplayIT(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  @BeforeEach
  void begin(TestInfo test) {
    rabbitMq.purge();
    upstream = new TestUpstream();
    relay = new Relay(rabbitMq::amqpUri, "Replay" + test.getTestMethod().orElseThrow().getName());
  }

  @AfterEach
  void end() {
    relay.close();
    upstream.close();
  }

  @Test
  void withoutCaptureNothingIsKept() throws Exception {
    RoleProcess client = relay.clientAgent();
    RoleProcess broker = relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    relay.post(client, "/a?token=S3CR3T", "B0DY");

    JsonNode line = line(broker, "/a");
    assertThat(line.get("captured").booleanValue()).isFalse();
    HttpResponse<String> account = get(broker, path(line));
    assertThat(account.statusCode()).isEqualTo(200);
    assertThat(account.body()).doesNotContain("captured", "S3CR3T", "B0DY");
    assertError(replay(broker, line, CONFIRMED), 403, "replay_off");
    assertThat(broker.output()).doesNotContain("capture_on");
    assertThat(upstream.runs()).hasSize(1);
  }

  @Test
  void capturedRequestsAreShownWithMasksAndSentAgain() throws Exception {
    relay
        .with("broker.inspect.capture", "true")
        .with("broker.inspect.replay", "true")
        .with("broker.inspect.max-body-bytes", "1 KiB");
    RoleProcess client = relay.clientAgent();
    RoleProcess broker = relay.broker();
    RoleProcess agent = relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    assertThat(broker.output()).contains("event=capture_on replay=true");

    relay.get(client, "/get?token=S3CR3T&x=1");
    JsonNode line = line(broker, "/get");
    assertThat(line.get("captured").booleanValue()).isTrue();
    assertThat(captured(broker, line).at("/request/url").textValue())
        .isEqualTo("/get?token=•••&x=1");
    List<JsonNode> again =
        List.of(
            answered(broker, replay(broker, line, "")), answered(broker, replay(broker, line, "")));
    assertThat(again)
        .extracting(account -> account.get("client_req_id").textValue())
        .doesNotHaveDuplicates();
    assertThat(again)
        .allSatisfy(
            account -> {
              assertThat(account.at("/captured/response/status").intValue()).isEqualTo(200);
              assertThat(account.at("/client_agent")).isEqualTo(account.at("/broker"));
              assertThat(headers(account, "Via"))
                  .isEqualTo(headers(JSON.readTree(get(broker, path(line)).body()), "Via"))
                  .hasSize(1);
            });
    assertThat(upstream.runs())
        .as("with the secret")
        .containsExactly(
            "GET /get?token=S3CR3T&x=1", "GET /get?token=S3CR3T&x=1", "GET /get?token=S3CR3T&x=1");

    relay.post(client, "/post", "{\"pin\":1234}");
    JsonNode post = line(broker, "/post");
    assertThat(captured(broker, post).at("/request/body/text").textValue())
        .isEqualTo("{\"pin\":\"•••\"}");
    assertError(replay(broker, post, ""), 409, "confirm");
    assertThat(upstream.runs()).hasSize(4);
    JsonNode posted = answered(broker, replay(broker, post, CONFIRMED));
    assertThat(posted.at("/captured/response/body/bytes").intValue())
        .as("the server got the whole body")
        .isEqualTo("POST /post {\"pin\":1234}".length());
    assertThat(upstream.runs()).hasSize(5);

    relay.post(client, "/long", "x".repeat(2_000));
    JsonNode cut = line(broker, "/long");
    assertThat(captured(broker, cut).at("/request/body/truncated").booleanValue()).isTrue();
    assertError(replay(broker, cut, CONFIRMED), 409, "not_complete");
    assertThat(replay(broker, path(post), "X-Other", CONFIRMED).statusCode())
        .as("a foreign page")
        .isEqualTo(403);
    assertThat(upstream.runs()).hasSize(6);
    assertThat(broker.output())
        .contains("event=replay user=\"loopback 127.0.0.1\"")
        .contains("replay_of=" + post.get("client_req_id").textValue())
        .doesNotContain("S3CR3T", "1234");

    agent.stop();
    JsonNode failed = over(broker, replay(broker, line, ""));
    assertThat(failed.get("status").intValue()).isEqualTo(503);
    assertThat(failed.get("outcome").textValue()).isEqualTo("no_upstream_agent");
    assertThat(failed.findValuesAsText("stage")).containsExactly("received", "waiting", "over");
    assertThat(failed.at("/captured").has("response")).isFalse();
  }

  /** The answer to the replay becomes an orphan, which another broker drops. */
  @Test
  void brokerThatIsKilledTakesItsReplayAlong() throws Exception {
    relay.withDefaultTimers(); // the second broker takes seconds to start
    relay
        .with("broker.inspect.capture", "true")
        .with("broker.inspect.replay", "true")
        .under("env", "LONGCUT_LOG_LEVEL=DEBUG");
    RoleProcess client = relay.clientAgent();
    RoleProcess broker = relay.broker();
    relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    CompletableFuture<HttpResponse<String>> caller = relay.postLater(client, "/hold", "x");
    await().until(() -> upstream.runs().size() == 1);
    await().until(() -> broker.metric("longcut_broker_received_total") == 1);
    RoleProcess other = relay.broker().awaitReady();
    String held = "/api/requests/" + heldRequest(broker);
    assertThat(replay(broker, held, "X-Longcut-Page", CONFIRMED).statusCode()).isEqualTo(202);
    await().until(() -> upstream.runs().size() == 2);

    broker.kill();
    upstream.release();

    assertThat(caller.get().statusCode()).isEqualTo(200);
    await()
        .atMost(Relay.PATIENCE)
        .until(
            () ->
                other
                    .metrics()
                    .contains("longcut_broker_events_dropped_total{why=\"replay_over\"} 1.0"));
    assertThat(other.metric("longcut_broker_forwarded_total")).as("the caller's").isEqualTo(1);
    assertThat(upstream.runs()).hasSize(2);
    assertThat(client.metric("longcut_client_events_dropped_total")).isZero();
  }

  /** Returns the id of the only request that the broker holds, from its log. */
  private static String heldRequest(RoleProcess broker) {
    Matcher moved = MOVED.matcher(broker.output());
    assertThat(moved.find()).isTrue();
    return moved.group(1);
  }

  /** Returns the line of the request with this path. */
  private JsonNode line(RoleProcess broker, String path) throws Exception {
    await().until(() -> lines(broker, path).size() == 1);
    return lines(broker, path).get(0);
  }

  private List<JsonNode> lines(RoleProcess broker, String path) throws Exception {
    JsonNode requests = JSON.readTree(get(broker, "/api/requests").body()).get("requests");
    return StreamSupport.stream(requests.spliterator(), false)
        .filter(line -> line.get("path").textValue().equals(path))
        .toList();
  }

  private JsonNode captured(RoleProcess broker, JsonNode line) throws Exception {
    return JSON.readTree(get(broker, path(line)).body()).get("captured");
  }

  private static List<String> headers(JsonNode account, String name) {
    return StreamSupport.stream(account.at("/captured/request/headers").spliterator(), false)
        .filter(header -> header.get(0).textValue().equalsIgnoreCase(name))
        .map(header -> header.get(1).textValue())
        .toList();
  }

  private JsonNode answered(RoleProcess broker, HttpResponse<String> replay) throws Exception {
    JsonNode account = over(broker, replay);
    assertThat(account.get("outcome").textValue()).isEqualTo("answered");
    return account;
  }

  /** Waits until the replay is over. Returns its account. */
  private JsonNode over(RoleProcess broker, HttpResponse<String> replay) throws Exception {
    assertThat(replay.statusCode()).as(replay.body()).isEqualTo(202);
    String path = "/api/requests/" + JSON.readTree(replay.body()).get("client_req_id").textValue();
    await()
        .until(() -> JSON.readTree(get(broker, path).body()).at("/state").asText().equals("over"));
    return JSON.readTree(get(broker, path).body());
  }

  private static void assertError(HttpResponse<String> answer, int status, String error)
      throws IOException {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(JSON.readTree(answer.body()).get("error").textValue()).isEqualTo(error);
  }

  private static String path(JsonNode line) {
    return "/api/requests/" + line.get("client_req_id").textValue();
  }

  private HttpResponse<String> replay(RoleProcess broker, JsonNode line, String body)
      throws Exception {
    return replay(broker, path(line), "X-Longcut-Page", body);
  }

  private HttpResponse<String> replay(RoleProcess broker, String path, String header, String body)
      throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(page(broker, path + "/replay"));
    return http.send(
        request.header(header, "1").POST(BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> get(RoleProcess broker, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(page(broker, path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static URI page(RoleProcess broker, String path) {
    return URI.create("http://127.0.0.1:" + broker.port("admin_listening") + path);
  }
}
