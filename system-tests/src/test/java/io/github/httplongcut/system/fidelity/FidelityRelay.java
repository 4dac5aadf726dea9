package io.github.httplongcut.system.fidelity;

import io.github.httplongcut.system.fidelity.Case.ForwardedMode;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.relay.Relay;
import io.github.httplongcut.system.relay.RoleProcess;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * The relay of the suite, started once: a client agent for each {@link ForwardedMode}, a broker and
 * an upstream agent. The Host selects the target ({@link #TARGETS}).
 */
final class FidelityRelay implements AutoCloseable {

  /**
   * The upstream targets. {@code NAME.example} is the Host of each; other Hosts lead to {@code
   * plain}.
   */
  private static final String TARGETS =
      """
      longcut.upstream-agent.targets {
        plain { url = "http://%1$s" }
        base { url = "http://%1$s/base/api/" }
        kept { url = "http://%1$s", preserve-host = true }
        slow { url = "http://%1$s", timeout = 1s }
        loop { url = "http://127.0.0.1:%2$d" }
      }
      """;

  private static final String ROUTES =
      """
      longcut.client-agent {
        default-upstream-target = plain
        routes = [
          { host = "base.example", upstream-target = base }
          { host = "kept.example", upstream-target = kept }
          { host = "slow.example", upstream-target = slow }
          { host = "loop.example", upstream-target = loop }
        ]
      }
      """;

  private static final Path DIRECTORY = Path.of("target", "relay-logs", "fidelity");

  private final Relay relay;
  private final Map<ForwardedMode, RoleProcess> clientAgents = new EnumMap<>(ForwardedMode.class);
  private final Map<ForwardedMode, String> pseudonyms = new EnumMap<>(ForwardedMode.class);

  /** Starts the relay and waits until it is ready. */
  FidelityRelay(RabbitMq rabbitMq, RawUpstream upstream) throws IOException {
    relay = new Relay(rabbitMq::amqpUri, "fidelity");
    Files.createDirectories(DIRECTORY);
    Path routes = Files.writeString(DIRECTORY.resolve("client-agent.conf"), ROUTES);
    for (ForwardedMode mode : ForwardedMode.values()) {
      relay.with("client-agent.forwarded-headers", mode.name().toLowerCase(Locale.ROOT));
      clientAgents.put(mode, clientAgent(routes));
    }
    relay.broker();
    Path targets =
        Files.writeString(
            DIRECTORY.resolve("upstream-agent.conf"),
            TARGETS.formatted(upstream.authority(), port(ForwardedMode.REPLACE)));
    relay.start("upstream-agent", RabbitMqUser.UPSTREAM_AGENT, "--config", targets.toString());
    relay.awaitReady();
    learnPseudonyms(upstream);
  }

  private RoleProcess clientAgent(Path routes) {
    return relay.start(
        "client-agent", RabbitMqUser.CLIENT_AGENT, "--port", "0", "--config", routes.toString());
  }

  /**
   * Finds the client agents' pseudonyms, which are new at each start, from the Via of a first
   * request.
   */
  private void learnPseudonyms(RawUpstream upstream) throws IOException {
    for (ForwardedMode mode : ForwardedMode.values()) {
      upstream.answers(java.util.List.of(ServerAnswer.OK));
      RawCaller.call(port(mode), Case.of("", Case.head("GET / HTTP/1.1", "Host: caller.example")));
      String via = upstream.seen().get(0).values("Via").get(0);
      pseudonyms.put(mode, via.substring("1.1 ".length()));
    }
  }

  int port(ForwardedMode mode) {
    return clientAgents.get(mode).port("http_listening");
  }

  /** The client agent's pseudonym in Via. */
  String pseudonym(ForwardedMode mode) {
    return pseudonyms.get(mode);
  }

  @Override
  public void close() {
    relay.close();
  }
}
