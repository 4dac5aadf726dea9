package io.github.httplongcut.system.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import io.github.httplongcut.system.relay.Relay;
import io.github.httplongcut.system.relay.RoleProcess;
import io.github.httplongcut.system.relay.TestUpstream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** Compares {@code docs/metrics.md} with the metrics of running processes, in both directions. */
@ExtendWith(RabbitMqExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("any-rabbitmq")
class MetricsPageIT {

  /** Labels whose values are names that others choose. */
  private static final Set<String> FREE_LABELS =
      Set.of("upstream_target", "name", "version", "id", "action", "cause", "gc");

  private static final Set<String> ERROR_CODES = new TreeSet<>();

  static {
    for (Failure failure : Failure.values()) {
      ERROR_CODES.add(failure.code());
    }
  }

  private final Relay relay;
  private final TestUpstream upstream = new TestUpstream();
  private final RoleProcess clientAgent;
  private final RoleProcess broker;
  private final RoleProcess upstreamAgent;

  /** Starts a relay, through which one request is answered and one refused. */
  MetricsPageIT(RabbitMq rabbitMq) throws IOException, InterruptedException {
    rabbitMq.purge();
    relay = new Relay(rabbitMq::amqpUri, "MetricsPageIT");
    clientAgent = relay.clientAgent();
    broker = relay.broker();
    upstreamAgent = relay.upstreamAgent(upstream.url());
    relay.awaitReady();
    assertThat(send("GET")).isEqualTo(200);
    assertThat(send("TRACE")).isEqualTo(405);
  }

  @AfterAll
  void end() {
    relay.close();
    upstream.close();
  }

  @Test
  void thePageDescribesTheClientAgentsMetrics() {
    assertDescribes("Client agent", clientAgent);
  }

  @Test
  void thePageDescribesTheBrokersMetrics() {
    assertDescribes("Broker", broker);
  }

  @Test
  void thePageDescribesTheUpstreamAgentsMetrics() {
    assertDescribes("Upstream agent", upstreamAgent);
  }

  @Test
  void promtoolAcceptsTheMetrics() throws IOException {
    Promtool.assumeInstalled();
    for (RoleProcess each : List.of(clientAgent, broker, upstreamAgent)) {
      assertThat(Promtool.checkMetrics(each.metrics())).as(each.name()).isEmpty();
    }
  }

  private int send(String method) throws IOException, InterruptedException {
    URI url = URI.create("http://127.0.0.1:" + clientAgent.port("http_listening") + "/");
    HttpRequest request =
        HttpRequest.newBuilder(url)
            .method(method, BodyPublishers.noBody())
            .timeout(Relay.PATIENCE)
            .build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode();
  }

  /** A broker notes its targets once a second. */
  private static void assertDescribes(String role, RoleProcess process) {
    await().untilAsserted(() -> assertThat(differences(role, process)).isEmpty());
  }

  private static List<String> differences(String role, RoleProcess process) throws IOException {
    MetricsPage page = MetricsPage.read();
    Map<String, MetricFamily> documented = new TreeMap<>(page.section("Every process"));
    documented.putAll(page.section(role));
    documented.putAll(page.section("Java and the machine"));
    double unused =
        process.heapAfterGc(); // the metrics of garbage collections appear with the first
    Map<String, MetricFamily> exposed = withoutMaxima(MetricsText.read(process.metrics()));
    List<String> differences = new ArrayList<>();
    exposed.forEach(
        (name, family) -> compare(documented.get(name), family).forEach(differences::add));
    documented.keySet().stream()
        .filter(name -> !exposed.containsKey(name) && !page.appearsLate(name))
        .forEach(name -> differences.add(name + " is documented, and not exposed"));
    return differences;
  }

  private static List<String> compare(MetricFamily documented, MetricFamily exposed) {
    if (documented == null) {
      return List.of(exposed.signature() + " is exposed, and not documented");
    }
    if (!documented.signature().equals(exposed.signature())) {
      return List.of(documented.signature() + " is documented, exposed is " + exposed.signature());
    }
    List<String> differences = new ArrayList<>();
    exposed
        .labels()
        .forEach(
            (label, values) -> {
              Set<String> known = documented.labels().get(label);
              values.stream()
                  .filter(value -> !FREE_LABELS.contains(label) && !known.contains(value))
                  .filter(value -> !ERROR_CODES.contains(value))
                  .forEach(
                      value ->
                          differences.add(
                              "%s{%s=\"%s\"} is exposed, and the value not documented"
                                  .formatted(exposed.name(), label, value)));
            });
    return differences;
  }

  /** Leaves out the gauges {@code x_max} of the histograms {@code x}, which the page tells once. */
  private static Map<String, MetricFamily> withoutMaxima(Map<String, MetricFamily> all) {
    Map<String, MetricFamily> rest = new TreeMap<>(all);
    rest.keySet()
        .removeIf(
            name ->
                name.endsWith("_max")
                    && all.containsKey(name.substring(0, name.length() - 4))
                    && all.get(name.substring(0, name.length() - 4)).type().equals("histogram"));
    return rest;
  }
}
