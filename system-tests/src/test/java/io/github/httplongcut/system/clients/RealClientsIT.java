package io.github.httplongcut.system.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import io.github.httplongcut.system.relay.Relay;
import io.github.httplongcut.system.relay.RoleProcess;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Unmodified HTTP clients against nginx and Express. Every test runs its scenario twice, directly
 * and through the relay. Both runs must pass, and the client must get the same responses.
 */
@ExtendWith(RabbitMqExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
@Tag("any-rabbitmq")
class RealClientsIT {

  private static final Path DIRECTORY = Path.of("target", "real-clients");

  private final List<AutoCloseable> open = new ArrayList<>();
  private final Nginx nginx;
  private final Server toNginx;
  private final Server toExpress;

  /** A server with its direct and its relayed address. */
  private record Server(String name, Origin direct, Origin relayed) {}

  /** Runs a scenario at an origin and returns its transcript. */
  private interface Visit extends Function<Origin, String> {}

  RealClientsIT(RabbitMq rabbitMq) {
    rabbitMq.purge();
    nginx = opened(new Nginx(DIRECTORY));
    ExpressApp express = opened(new ExpressApp(DIRECTORY));
    Relay relay = opened(new Relay(rabbitMq::amqpUri, "RealClientsIT"));
    relay.broker();
    relay.upstreamAgent(Map.of("nginx", nginx.url(), "express", express.url()));
    RoleProcess nginxClient = relay.clientAgent("nginx");
    RoleProcess expressClient = relay.clientAgent("express");
    relay.awaitReady();
    toNginx = server("nginx", nginx.url(), nginxClient);
    toExpress = server("Express", express.url(), expressClient);
  }

  private <T extends AutoCloseable> T opened(T resource) {
    open.add(resource);
    return resource;
  }

  private static Server server(String name, URI url, RoleProcess clientAgent) {
    URI relayed = URI.create("http://127.0.0.1:" + clientAgent.port("http_listening"));
    return new Server(name, new Origin(url, false), new Origin(relayed, true));
  }

  @AfterAll
  void end() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }

  @TestFactory
  Stream<DynamicTest> curlGetsTheSameResponses() {
    CurlClient curl = opened(new CurlClient(DIRECTORY));
    return Stream.of(
            matrixOf(curl),
            CurlStory.atNginx(nginx).stream().map(story -> test(curl, toNginx, story)),
            CurlStory.atExpress().stream().map(story -> test(curl, toExpress, story)))
        .flatMap(Function.identity());
  }

  @TestFactory
  Stream<DynamicTest> javaHttpClientGetsTheSameResponses() {
    JavaClient java = opened(new JavaClient());
    return Stream.of(
            matrixOf(java),
            JavaStory.atNginx().stream().map(story -> test(java, toNginx, story)),
            JavaStory.atExpress().stream().map(story -> test(java, toExpress, story)))
        .flatMap(Function.identity());
  }

  @TestFactory
  Stream<DynamicTest> nodeFetchGetsTheSameResponses() {
    return matrixOf(opened(ScriptClient.node(DIRECTORY)));
  }

  @TestFactory
  Stream<DynamicTest> pythonHttpClientGetsTheSameResponses() {
    return matrixOf(opened(ScriptClient.python(DIRECTORY)));
  }

  @TestFactory
  Stream<DynamicTest> browserGetsTheSameResponses() {
    Browser browser = opened(new Browser(DIRECTORY));
    return Stream.concat(
        BrowserStory.atNginx(nginx).stream().map(story -> test(browser, toNginx, story)),
        BrowserStory.atExpress().stream().map(story -> test(browser, toExpress, story)));
  }

  /**
   * The one difference. Unless {@code gzip_proxied} is set, nginx does not compress responses to
   * requests with {@code Via}. A gateway must add {@code Via} (RFC 9110 section 7.6.3).
   */
  @Test
  void nginxByDefaultDoesNotCompressThroughTheRelay() {
    try (JavaClient java = new JavaClient()) {
      ClientCall call = ClientCall.get("/by-default/long.txt").asCompressed();
      ClientAnswer direct = java.call(toNginx.direct().url(), call);
      ClientAnswer relayed = java.call(toNginx.relayed().url(), call);
      assertThat(direct.header("Content-Encoding")).contains("gzip");
      assertThat(relayed.header("Content-Encoding")).isEmpty();
      assertThat(relayed.body()).isEqualTo(direct.content());
    }
  }

  private Stream<DynamicTest> matrixOf(Client client) {
    return Stream.concat(
        new NginxStories(nginx)
            .all().stream()
                .filter(story -> story.suits(client))
                .map(story -> test(client, toNginx, story)),
        ExpressStories.all().stream()
            .filter(story -> story.suits(client))
            .map(story -> test(client, toExpress, story)));
  }

  private static DynamicTest test(Client client, Server server, Story story) {
    return test(
        client.name(),
        server,
        story.name(),
        origin -> {
          Visitor visitor = new Visitor(client, origin);
          story.steps().accept(visitor);
          return visitor.transcript().toString();
        });
  }

  private static DynamicTest test(CurlClient curl, Server server, CurlStory story) {
    return test(
        curl.name(),
        server,
        story.name(),
        origin -> {
          curl.forget();
          return story.steps().apply(curl, origin.url());
        });
  }

  private static DynamicTest test(JavaClient java, Server server, JavaStory story) {
    return test(java.name(), server, story.name(), origin -> story.steps().apply(origin.url()));
  }

  private DynamicTest test(Browser browser, Server server, BrowserStory story) {
    URI elsewhere = toNginx.direct().url();
    return test("a browser", server, story.name(), origin -> browser.run(story, origin, elsewhere));
  }

  private static DynamicTest test(String client, Server server, String story, Visit visit) {
    String name = client + ", " + server.name() + ": " + story;
    return dynamicTest(
        name,
        () -> {
          String direct = visit.apply(server.direct());
          String relayed = visit.apply(server.relayed());
          assertThat(direct).isNotBlank();
          assertThat(relayed).as(name + ", through the relay").isEqualTo(direct);
        });
  }
}
