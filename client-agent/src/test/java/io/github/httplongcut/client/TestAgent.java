package io.github.httplongcut.client;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.AmqpLogin;
import io.github.httplongcut.client.ClientAgentConfig.ForwardedHeaders;
import io.github.httplongcut.client.ClientAgentConfig.Forwarding;
import io.github.httplongcut.client.ClientAgentConfig.Limits;
import io.github.httplongcut.client.ClientAgentConfig.Listener;
import io.github.httplongcut.client.ClientAgentConfig.OnHangUp;
import io.github.httplongcut.client.ClientAgentConfig.Route;
import io.github.httplongcut.client.ClientAgentConfig.Routing;
import io.github.httplongcut.client.ClientAgentConfig.Shares;
import io.github.httplongcut.client.ClientAgentConfig.Underscores;
import io.github.httplongcut.client.accesslog.AccessLogConfig;
import io.github.httplongcut.client.accesslog.AccessLogConfig.Format;
import io.github.httplongcut.client.accesslog.AccessLogConfig.Visibility;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.session.FakeSession;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.share.ShareRule;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/** Client agent on a free port, with a session that answers as the test defines. */
final class TestAgent {

  static final int MAX_CONNECTIONS = 300;

  static final ProcessId BROKER = ProcessId.parse("broker.b-bbbbbb");
  static final ProcessId CLIENT = ProcessId.parse("acme.edge-aaaaaa");

  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final FakeSession session;
  final ClientAgent agent;
  private final Loop loop = new Loop("loop");

  TestAgent() {
    this(config(new Limits(10, 100_000, 10_000, 4_096, 20, 1_024), Duration.ofSeconds(20)));
  }

  TestAgent(ClientAgentConfig config) {
    session = new FakeSession(loop);
    agent = new ClientAgent(config, CLIENT, loop, session, registry);
    agent.start();
  }

  static ClientAgentConfig config(Limits limits, Duration requestTimeout) {
    return config(limits, requestTimeout, Duration.ofSeconds(10));
  }

  static ClientAgentConfig config(Limits limits, Duration requestTimeout, Duration readTimeout) {
    // A short drain: tests leave requests that nobody answers.
    return config(limits, requestTimeout, readTimeout, Duration.ofMillis(200));
  }

  /** Returns a config with another drain timeout. */
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
            new AmqpLogin.FixedPassword(new Secret("none")),
            "longcut",
            Optional.empty(),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(2),
            1 << 20),
        new AdminConfig("127.0.0.1", 0),
        Optional.empty(),
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
        new Shares(new ShareRule(0.5, 32), true),
        accessLog(Format.OFF, Visibility.HIDDEN, Optional.empty()));
  }

  /** Returns the usual config with another {@code forwarding}. */
  static ClientAgentConfig with(Forwarding forwarding) {
    ClientAgentConfig usual =
        config(new Limits(10, 100_000, 10_000, 4_096, 20, 1_024), Duration.ofSeconds(20));
    return with(usual, forwarding, usual.shares());
  }

  /** Returns {@code usual} with another {@code forwarding} and other {@code shares}. */
  static ClientAgentConfig with(ClientAgentConfig usual, Forwarding forwarding, Shares shares) {
    return new ClientAgentConfig(
        usual.name(),
        usual.amqp(),
        usual.admin(),
        usual.otlp(),
        usual.listener(),
        usual.limits(),
        usual.requestTimeout(),
        usual.ackTimeout(),
        usual.ackDelayTarget(),
        usual.drainTimeout(),
        usual.routing(),
        forwarding,
        shares,
        usual.accessLog());
  }

  /** Returns {@code usual} with an access log. */
  static ClientAgentConfig logging(ClientAgentConfig usual, AccessLogConfig accessLog) {
    return new ClientAgentConfig(
        usual.name(),
        usual.amqp(),
        usual.admin(),
        usual.otlp(),
        usual.listener(),
        usual.limits(),
        usual.requestTimeout(),
        usual.ackTimeout(),
        usual.ackDelayTarget(),
        usual.drainTimeout(),
        usual.routing(),
        usual.forwarding(),
        usual.shares(),
        accessLog);
  }

  static AccessLogConfig accessLog(Format format, Visibility visibility, Optional<Path> file) {
    return new AccessLogConfig(format, file, 1 << 20, 2, visibility, visibility);
  }

  /** From now on every request is confirmed, acked by a broker and answered. */
  TestAgent answering(Function<Request, Response> upstream) {
    session.onPublish(
        publication -> {
          if (publication.event() instanceof ClientRequest request) {
            session.complete(publication, Outcome.CONFIRMED);
            session.deliver(ackOf(request));
            session.deliver(responseTo(request, upstream.apply(request.request())));
          }
        });
    return this;
  }

  /** From now on every request is confirmed and acked by a broker, but not answered. */
  TestAgent notAnswering() {
    session.onPublish(
        publication -> {
          if (publication.event() instanceof ClientRequest request) {
            session.complete(publication, Outcome.CONFIRMED);
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
   * Connects a caller with the address 127.0.0.{@code host}. Other callers have 127.0.0.1.
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

  /** Returns the published events of {@code type}. */
  <E extends Event> List<E> published(Class<E> type) {
    return session.published().stream()
        .map(Publication::event)
        .filter(type::isInstance)
        .map(type::cast)
        .toList();
  }

  /** Returns the only request that was published. */
  Request request() {
    List<ClientRequest> requests = published(ClientRequest.class);
    if (requests.size() != 1) {
      throw new AssertionError("published " + requests);
    }
    return requests.get(0).request();
  }

  void stop() throws InterruptedException {
    agent.drain();
    session.close();
    agent.close();
    loop.close();
  }
}
