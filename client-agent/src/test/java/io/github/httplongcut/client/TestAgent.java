package io.github.httplongcut.client;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.FakeSession;
import io.github.httplongcut.amqp.Outcome;
import io.github.httplongcut.amqp.Publication;
import io.github.httplongcut.client.ClientAgentConfig.ForwardedHeaders;
import io.github.httplongcut.client.ClientAgentConfig.Forwarding;
import io.github.httplongcut.client.ClientAgentConfig.Limits;
import io.github.httplongcut.client.ClientAgentConfig.Listener;
import io.github.httplongcut.client.ClientAgentConfig.OnHangUp;
import io.github.httplongcut.client.ClientAgentConfig.Route;
import io.github.httplongcut.client.ClientAgentConfig.Routing;
import io.github.httplongcut.client.ClientAgentConfig.Shares;
import io.github.httplongcut.client.ClientAgentConfig.Underscores;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.share.ShareRule;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/** A whole client agent on a free port, with a session that answers as the test says. */
final class TestAgent {

  static final int MAX_CONNECTIONS = 300;

  static final ProcessId BROKER = ProcessId.parse("broker.b-bbbbbb");
  static final ProcessId CLIENT = ProcessId.parse("acme.edge-aaaaaa");

  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final FakeSession session;
  final ClientAgent agent;

  TestAgent() {
    this(config(new Limits(10, 100_000, 10_000, 4_096, 20, 1_024), Duration.ofSeconds(20)));
  }

  TestAgent(ClientAgentConfig config) {
    Loop loop = new Loop("loop");
    session = new FakeSession(loop);
    agent = new ClientAgent(config, CLIENT, loop, session, registry);
    agent.start();
  }

  static ClientAgentConfig config(Limits limits, Duration requestTimeout) {
    return config(limits, requestTimeout, Duration.ofSeconds(10));
  }

  static ClientAgentConfig config(Limits limits, Duration requestTimeout, Duration readTimeout) {
    // What it waits for at its end, nobody sends.
    return config(limits, requestTimeout, readTimeout, Duration.ofMillis(200));
  }

  /** One that waits longer for its callers at its end. */
  static ClientAgentConfig draining(Limits limits, Duration drainTimeout) {
    return config(limits, Duration.ofSeconds(20), Duration.ofSeconds(10), drainTimeout);
  }

  private static ClientAgentConfig config(
      Limits limits, Duration requestTimeout, Duration readTimeout, Duration drainTimeout) {
    return new ClientAgentConfig(
        "edge",
        new AmqpConfig(
            List.of(new AmqpConfig.Address("127.0.0.1", 1)),
            "acme",
            new Secret("none"),
            "longcut",
            Optional.empty(),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(2),
            1 << 20),
        new AdminConfig("127.0.0.1", 0),
        new Listener("127.0.0.1", 0, readTimeout, 1024, Duration.ofSeconds(60), MAX_CONNECTIONS),
        limits,
        requestTimeout,
        Duration.ofSeconds(3),
        Duration.ofMillis(500),
        drainTimeout,
        new Routing(
            List.of(
                new Route(Optional.empty(), "/stripped", true, "stripped", OnHangUp.CANCEL),
                new Route(Optional.of("only.example"), "/", false, "only", OnHangUp.CANCEL),
                new Route(Optional.empty(), "/o", false, "orders", OnHangUp.CANCEL),
                new Route(Optional.of("h"), "/", false, "h-target", OnHangUp.CANCEL),
                new Route(Optional.of("finishing"), "/", false, "finishing", OnHangUp.FINISH)),
            Optional.empty(),
            OnHangUp.CANCEL),
        new Forwarding(ForwardedHeaders.REPLACE, TrustedProxies.NONE, Underscores.PASS),
        new Shares(new ShareRule(0.5, 32), true));
  }

  /** The same with those rules for the fields that tell who calls. */
  static ClientAgentConfig with(Forwarding forwarding) {
    ClientAgentConfig usual =
        config(new Limits(10, 100_000, 10_000, 4_096, 20, 1_024), Duration.ofSeconds(20));
    return with(usual, forwarding, usual.shares());
  }

  /** The same with those rules, and those shares. */
  static ClientAgentConfig with(ClientAgentConfig usual, Forwarding forwarding, Shares shares) {
    return new ClientAgentConfig(
        usual.name(),
        usual.amqp(),
        usual.admin(),
        usual.listener(),
        usual.limits(),
        usual.requestTimeout(),
        usual.ackTimeout(),
        usual.ackDelayTarget(),
        usual.drainTimeout(),
        usual.routing(),
        forwarding,
        shares);
  }

  /** Every request is confirmed, taken by a broker and answered. */
  TestAgent answering(Function<Request, Response> upstream) {
    session.onPublish(
        publication -> {
          if (publication.event() instanceof ClientRequest request) {
            session.settle(publication, Outcome.CONFIRMED);
            session.deliver(ackOf(request));
            session.deliver(responseTo(request, upstream.apply(request.request())));
          }
        });
    return this;
  }

  /** Every request is confirmed and taken, and nothing more is heard. */
  TestAgent silent() {
    session.onPublish(
        publication -> {
          if (publication.event() instanceof ClientRequest request) {
            session.settle(publication, Outcome.CONFIRMED);
            session.deliver(ackOf(request));
          }
        });
    return this;
  }

  static ClientRequestAck ackOf(ClientRequest request) {
    return new ClientRequestAck(request.clientReqId(), UUID.randomUUID(), BROKER);
  }

  static BrokerResponse responseTo(ClientRequest request, Response response) {
    return new BrokerResponse(
        CLIENT, request.clientReqId(), UUID.randomUUID(), UUID.randomUUID(), response);
  }

  RawHttpCaller call() throws IOException {
    return new RawHttpCaller(agent.port());
  }

  /**
   * A caller with the address 127.0.0.{@code host}; others have 127.0.0.1.
   *
   * @param host 1 to 254
   */
  RawHttpCaller callFrom(int host) throws IOException {
    return new RawHttpCaller(addressOf(host), agent.port());
  }

  private static InetAddress addressOf(int host) throws IOException {
    return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) host});
  }

  RawHttpCaller call(String bytes) throws IOException {
    return call().send(bytes);
  }

  /** What was published, of that type. */
  <E extends Event> List<E> published(Class<E> type) {
    return session.published().stream()
        .map(Publication::event)
        .filter(type::isInstance)
        .map(type::cast)
        .toList();
  }

  /** The only request that was published. */
  Request request() {
    List<ClientRequest> requests = published(ClientRequest.class);
    if (requests.size() != 1) {
      throw new AssertionError("published " + requests);
    }
    return requests.get(0).request();
  }

  void stop() throws InterruptedException {
    agent.stop();
  }
}
