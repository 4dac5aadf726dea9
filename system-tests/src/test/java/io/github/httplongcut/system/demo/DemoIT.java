package io.github.httplongcut.system.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.system.rabbitmq.ManagementApi;
import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * {@code ./longcut demo}, {@code status}, {@code trace} and {@code tap}. No demo of this checkout
 * may run already.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Tag("any-rabbitmq")
class DemoIT {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final Pattern EXPORT = Pattern.compile("export (\\w+)=(\\S+)");

  private Command demo;
  private String url;

  @BeforeAll
  void startDemo() {
    demo = Command.start(Map.of(), "demo", "--port", "0", "--brokers", "2");
    url = demo.awaitOutput(Pattern.compile("ready: (http://127\\.0\\.0\\.1:\\d+)"));
  }

  @AfterAll
  void stopDemo() {
    demo.close();
  }

  @Test
  void echoAnswersThroughTheRelay() throws Exception {
    HttpResponse<String> response =
        send(HttpRequest.newBuilder(URI.create(url + "/hello?x=1")).build());

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(JSON.readTree(response.body()).path("url").asText()).isEqualTo("/hello?x=1");
    assertThat(demo.output()).contains("curl -i '" + url, "user admin, password admin");
  }

  /** A terminal sends SIGHUP to all processes when it closes. */
  @Test
  void sighupEndsNoProcess() throws Exception {
    List<String> names =
        List.of("demo", "client-agent-1", "broker-1", "broker-2", "upstream-agent-1", "echo");
    for (String name : names) {
      String pid = Files.readString(Checkout.file(".longcut/demo/" + name + ".pid")).strip();
      Process kill = new ProcessBuilder("kill", "-HUP", pid).start();
      assertThat(kill.waitFor()).as(name).isZero();
    }

    for (String name : names) {
      await(name)
          .until(
              () ->
                  name.equals("demo")
                      ? demo.output().contains("SIGHUP ignored; to stop the demo: kill ")
                      : Files.readString(Checkout.file(".longcut/demo/" + name + ".log"))
                          .contains("signal_ignored signal=SIGHUP"));
    }
    assertThat(send(HttpRequest.newBuilder(URI.create(url + "/hello")).build()).statusCode())
        .isEqualTo(200);
  }

  /** The passwords of the demo are in files, as those of a production should be. */
  @Test
  void theListOfProcessesShowsNoPassword() throws Exception {
    List<String> commands = new ArrayList<>();
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      for (ProcessHandle each : all.toList()) {
        Path commandLine = Path.of("/proc", Long.toString(each.pid()), "cmdline");
        try {
          String command = Files.readString(commandLine).replace('\0', ' ');
          if (command.contains(Checkout.root().toString())) {
            commands.add(command);
          }
        } catch (IOException e) {
          // The process has ended.
        }
      }
    }
    assertThat(commands)
        .filteredOn(command -> command.contains("--amqp-password-file"))
        .hasSizeGreaterThanOrEqualTo(4);
    assertThat(commands).noneMatch(command -> Secret.isInUrl(command));
  }

  @Test
  void secondDemoRefusesToStart() {
    try (Command second = Command.start(Map.of(), "demo", "--port", "0")) {
      assertThat(second.awaitEnd()).isNotZero();
      assertThat(second.output()).contains("a demo of this checkout is already running, pid ");
    }
  }

  /** Does the same as "Get messages" on queue {@code tap} in the management UI. */
  @Test
  void tapShowsRequestsWithTextBodyInTheManagementUi() throws Exception {
    Map<String, String> environment = environment();
    Command.run(environment, "tap", "on");
    try {
      send(
          HttpRequest.newBuilder(URI.create(url + "/tapped"))
              .POST(BodyPublishers.ofString("{\"grüße\": 1}"))
              .build());

      List<JsonNode> tapped = new ArrayList<>();
      await()
          .untilAsserted(
              () -> {
                tapped.addAll(messagesInTap(environment));
                assertThat(tapped)
                    .extracting(each -> each.path("routing_key").asText())
                    .contains(
                        "publish.client_request",
                        "publish.client_request_ack",
                        "publish.broker_request",
                        "publish.broker_request_ack",
                        "publish.upstream_response",
                        "publish.broker_response");
              });
      JsonNode request =
          tapped.stream()
              .filter(each -> each.path("routing_key").asText().equals("publish.client_request"))
              .findFirst()
              .orElseThrow();
      JsonNode headers = request.path("properties").path("headers");
      assertThat(headers.path("user").asText()).isEqualTo("client-agent");
      assertThat(headers.path("routed_queues").toString()).contains("client_request");
      JsonNode event = JSON.readTree(request.path("payload").asText());
      assertThat(event.path("method").asText()).isEqualTo("POST");
      assertThat(event.path("url").asText()).isEqualTo("/tapped");
      assertThat(event.path("body").asText()).isEqualTo("{\"grüße\": 1}");
    } finally {
      Command.run(environment, "tap", "off");
    }
    assertThat(isTracing(environment)).isFalse();
  }

  @Test
  void tapFollowsInTheTerminal() throws Exception {
    try (Command tap = Command.start(environment(), "tap", "--target", "echo")) {
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () -> {
                send(HttpRequest.newBuilder(URI.create(url + "/followed")).build());
                assertThat(tap.output())
                    .containsPattern("client_request .* GET /followed")
                    .containsPattern("broker_response .* status=200");
              });
      tap.terminate();
      tap.awaitEnd();
    }
    assertThat(isTracing(environment())).isFalse();
  }

  @Test
  void statusAndTraceTellAboutTheDemo() throws Exception {
    Map<String, String> environment = environment();
    send(
        HttpRequest.newBuilder(URI.create(url + "/traced"))
            .POST(BodyPublishers.ofString("x"))
            .build());

    // A broker makes its snapshot once a second. While there is a problem, the exit code is 1.
    await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .untilAsserted(
            () ->
                assertThat(Command.run(environment, "status"))
                    .contains("all is well", "client_request")
                    .containsPattern("broker\\.broker-2-\\w+ +open +up")
                    .containsPattern("echo +ok +1 +100/100")
                    .containsPattern("client-agent\\.client-agent-1-\\w+ +active"));
    assertThat(Command.run(environment, "trace", idOf(environment, "/traced")))
        .contains("POST /traced to echo, 1 bytes", "answered with status 200", "did it run     yes")
        .containsPattern("running +upstream-agent\\.upstream-agent-1-");
  }

  /** Returns the {@code client_req_id} of the last request to a path. */
  private static String idOf(Map<String, String> environment, String path) throws IOException {
    for (String broker : environment.get("LONGCUT_BROKER_ADMIN_URL").split(",", -1)) {
      URI page = URI.create(broker + "/api/requests?limit=1&text=" + path.substring(1));
      JsonNode requests =
          JSON.readTree(send(HttpRequest.newBuilder(page).build()).body()).path("requests");
      if (!requests.isEmpty()) {
        return requests.get(0).path("client_req_id").asText();
      }
    }
    throw new IllegalStateException("no broker knows a request to " + path);
  }

  private static boolean isTracing(Map<String, String> environment) {
    return management(environment).get("/api/vhosts/longcut").path("tracing").asBoolean();
  }

  private static List<JsonNode> messagesInTap(Map<String, String> environment) {
    List<JsonNode> messages = new ArrayList<>();
    management(environment)
        .post(
            "/api/queues/longcut/tap/get",
            Map.of("count", 100, "ackmode", "ack_requeue_false", "encoding", "auto"))
        .forEach(messages::add);
    return messages;
  }

  private static ManagementApi management(Map<String, String> environment) {
    URI url = URI.create(environment.get("LONGCUT_MANAGEMENT_URL")); // with user and password
    return new ManagementApi(
        URI.create("http://" + url.getHost() + ":" + url.getPort()), RabbitMqUser.ADMIN);
  }

  private static HttpResponse<String> send(HttpRequest request) throws IOException {
    try {
      return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** The variables that {@code source .longcut/demo/env} sets. */
  private static Map<String, String> environment() throws IOException {
    Path file = Checkout.file(".longcut/demo/env");
    Map<String, String> environment = new HashMap<>();
    try (Stream<String> lines = Files.lines(file)) {
      lines
          .map(EXPORT::matcher)
          .filter(Matcher::matches)
          .forEach(each -> environment.put(each.group(1), each.group(2)));
    }
    return environment;
  }
}
