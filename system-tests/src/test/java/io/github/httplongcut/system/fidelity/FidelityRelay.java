package io.github.httplongcut.system.fidelity;

import io.github.httplongcut.system.fidelity.Case.Agent;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqUser;
import io.github.httplongcut.system.relay.Relay;
import io.github.httplongcut.system.relay.RoleProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * The relay of the whole suite, started once: a client agent for each way with X-Forwarded-*, a
 * broker, an upstream agent. The Host chooses the target: see {@link #TARGETS}.
 */
final class FidelityRelay implements AutoCloseable {

  /** Targets beside the default one, {@code plain}; {@code NAME.example} is the Host for each. */
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
  private final Map<Agent, RoleProcess> clientAgents = new EnumMap<>(Agent.class);
  private final Map<Agent, String> pseudonyms = new EnumMap<>(Agent.class);

  /** Starts it and waits until it is ready. */
  FidelityRelay(RabbitMq rabbitMq, RawUpstream upstream) throws IOException {
    relay = new Relay(rabbitMq::amqpUri, "fidelity");
    Files.createDirectories(DIRECTORY);
    Path routes = Files.writeString(DIRECTORY.resolve("client-agent.conf"), ROUTES);
    for (Agent agent : Agent.values()) {
      relay.with("client-agent.forwarded-headers", agent.name().toLowerCase(Locale.ROOT));
      clientAgents.put(agent, clientAgent(routes));
    }
    relay.broker();
    Path targets =
        Files.writeString(
            DIRECTORY.resolve("upstream-agent.conf"),
            TARGETS.formatted(upstream.authority(), port(Agent.REPLACE)));
    relay.start("upstream-agent", RabbitMqUser.UPSTREAM_AGENT, "--config", targets.toString());
    relay.awaitReady();
    learnPseudonyms(upstream);
  }

  private RoleProcess clientAgent(Path routes) {
    return relay.start(
        "client-agent", RabbitMqUser.CLIENT_AGENT, "--port", "0", "--config", routes.toString());
  }

  /** It is made up anew at each start: the first request tells it. */
  private void learnPseudonyms(RawUpstream upstream) throws IOException {
    for (Agent agent : Agent.values()) {
      upstream.answers(java.util.List.of(ServerAnswer.OK));
      RawCaller.call(port(agent), Case.of("", Case.head("GET / HTTP/1.1", "Host: caller.example")));
      String via = upstream.seen().get(0).values("Via").get(0);
      pseudonyms.put(agent, via.substring("1.1 ".length()));
    }
  }

  int port(Agent agent) {
    return clientAgents.get(agent).port("http_listening");
  }

  /** What Via says of it. */
  String pseudonym(Agent agent) {
    return pseudonyms.get(agent);
  }

  @Override
  public void close() {
    relay.close();
  }
}
