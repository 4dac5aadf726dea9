package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.net.TcpProxy;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqUser;
import io.github.httplongcut.system.relay.Relay;
import io.github.httplongcut.system.relay.RoleProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.async.CloseableHttpAsyncClient;
import org.apache.hc.client5.http.impl.async.HttpAsyncClients;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManagerBuilder;

/**
 * A relay of real processes on a RabbitMQ of its own, every connection through a {@link TcpProxy},
 * and what calls and serves it. Used by one trial after the other; whoever breaks something mends
 * it, and {@link #ensure} starts what is missing.
 */
final class FaultBench implements AutoCloseable {

  /** The defaults, halved: every ratio between them is that of the defaults. */
  static final Map<String, String> TIMERS = new LinkedHashMap<>();

  /** {@code request-timeout} among {@link #TIMERS}. */
  static final int REQUEST_TIMEOUT_SECONDS = 15;

  static {
    TIMERS.put("amqp.heartbeat", "2s"); // in whole seconds
    TIMERS.put("amqp.confirm-timeout", "2500ms");
    TIMERS.put("amqp.reconnect-backoff-max", "1s");
    TIMERS.put("client-agent.request-timeout", REQUEST_TIMEOUT_SECONDS + "s");
    TIMERS.put("client-agent.ack-timeout", "1500ms");
    TIMERS.put("client-agent.drain-timeout", "10s");
    TIMERS.put("broker.wait-timeout", "5s");
    TIMERS.put("broker.ack-timeout", "1s");
    TIMERS.put("broker.reply-timeout", "12500ms");
    TIMERS.put("broker.drain-timeout", "10s");
    TIMERS.put("upstream-agent.ack-timeout", "1s");
    TIMERS.put("upstream-agent.heartbeat-interval", "1s");
    TIMERS.put("upstream-agent.target-defaults.timeout", "10s");
    TIMERS.put("upstream-agent.drain-timeout", "10s");
  }

  private static final int CALLERS_CONNECTIONS = 20_000;

  private final RabbitMq rabbitMq;
  private final List<TcpProxy> proxies = new ArrayList<>();
  private final RecordingUpstream upstream = new RecordingUpstream();
  private final Relay relay;
  private final CloseableHttpAsyncClient callers;
  private final Map<RelayPart, List<RoleProcess>> running = new EnumMap<>(RelayPart.class);
  private final Set<RoleProcess> picked = new HashSet<>();
  private final Set<RoleProcess> passedBy = ConcurrentHashMap.newKeySet();
  private final Map<RoleProcess, Integer> doors = new ConcurrentHashMap<>();
  private final List<RoleProcess> everStarted = new CopyOnWriteArrayList<>();

  /**
   * A bench without processes of the relay.
   *
   * @param rabbitMq runs, and is closed with the bench
   */
  FaultBench(String name, RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
    for (int port : rabbitMq.amqpPorts()) {
      proxies.add(new TcpProxy(rabbitMq.host(), port));
    }
    relay = new Relay(this::throughProxies, name).under("env", "LONGCUT_LOG_LEVEL=DEBUG");
    TIMERS.forEach(relay::with);
    for (RelayPart part : RelayPart.values()) {
      running.put(part, new CopyOnWriteArrayList<>());
    }
    callers =
        HttpAsyncClients.custom()
            .setConnectionManager(
                PoolingAsyncClientConnectionManagerBuilder.create()
                    .setMaxConnTotal(CALLERS_CONNECTIONS)
                    .setMaxConnPerRoute(CALLERS_CONNECTIONS)
                    .setDefaultConnectionConfig(
                        ConnectionConfig.custom()
                            .setConnectTimeout(5, TimeUnit.SECONDS)
                            .setSocketTimeout(2 * REQUEST_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                            .build())
                    .build())
            .disableAutomaticRetries()
            .disableRedirectHandling()
            .disableCookieManagement()
            .setConnectionReuseStrategy((request, response, context) -> false)
            .build();
    callers.start();
  }

  private URI throughProxies(RabbitMqUser user) {
    return URI.create(
        proxies.stream()
            .map(
                proxy ->
                    "amqp://%s:%s@127.0.0.1:%d/%s"
                        .formatted(user.login(), user.login(), proxy.port(), RabbitMq.VHOST))
            .collect(Collectors.joining(",")));
  }

  RabbitMq rabbitMq() {
    return rabbitMq;
  }

  /** One to each node. */
  List<TcpProxy> proxies() {
    return proxies;
  }

  RecordingUpstream upstream() {
    return upstream;
  }

  CloseableHttpAsyncClient callers() {
    return callers;
  }

  /** Those of that part that have not been killed or stopped. */
  List<RoleProcess> running(RelayPart part) {
    return running.get(part);
  }

  /** All that run. */
  List<RoleProcess> running() {
    List<RoleProcess> all = new ArrayList<>();
    running.values().forEach(all::addAll);
    return all;
  }

  /**
   * The client agents that callers turn to: as behind a load balancer that asks {@code /readyz},
   * not those that are {@linkplain #passBy passed by}.
   */
  List<RoleProcess> called() {
    return running.get(RelayPart.CLIENT_AGENT).stream()
        .filter(process -> !passedBy.contains(process))
        .toList();
  }

  /**
   * Callers do not turn to it any more. A listener that closes resets what the operating system has
   * connected and it has not accepted yet, so nothing new must come then.
   */
  void passBy(RoleProcess process) {
    passedBy.add(process);
  }

  /** All that ever ran, for their logs. */
  List<RoleProcess> everStarted() {
    return everStarted;
  }

  /** One that was not picked since {@link #ensure}: two faults do not strike the same process. */
  RoleProcess pick(RelayPart part, Random random) {
    List<RoleProcess> left =
        running.get(part).stream().filter(process -> !picked.contains(process)).toList();
    RoleProcess process = left.get(random.nextInt(left.size()));
    picked.add(process);
    return process;
  }

  RelayPart partOf(RoleProcess process) {
    return Stream.of(RelayPart.values())
        .filter(part -> process.name().startsWith(part.role() + "-"))
        .findFirst()
        .orElseThrow();
  }

  /** Starts another one; not ready yet. */
  RoleProcess start(RelayPart part) {
    RoleProcess process =
        switch (part) {
          case CLIENT_AGENT -> relay.clientAgent();
          case BROKER -> relay.broker();
          case UPSTREAM_AGENT -> startUpstreamAgent();
        };
    everStarted.add(process);
    return process;
  }

  /** At the door of the upstream server that the fewest of those that live use. */
  private RoleProcess startUpstreamAgent() {
    doors.keySet().removeIf(process -> !process.isAlive());
    int door =
        IntStream.range(0, RecordingUpstream.DOORS)
            .boxed()
            .min(Comparator.comparing(each -> Collections.frequency(doors.values(), each)))
            .orElseThrow();
    RoleProcess process = relay.upstreamAgent(upstream.url(door));
    doors.put(process, door);
    return process;
  }

  /** The door of the upstream server that this upstream agent calls at. */
  int doorOf(RoleProcess upstreamAgent) {
    return doors.get(upstreamAgent);
  }

  /** Starts another one in an environment of its own, such as {@code A=B}; not ready yet. */
  RoleProcess start(RelayPart part, String... environment) {
    List<String> prefix = new ArrayList<>(List.of("env", "LONGCUT_LOG_LEVEL=DEBUG"));
    prefix.addAll(List.of(environment));
    relay.under(prefix.toArray(String[]::new));
    RoleProcess process = start(part);
    relay.under("env", "LONGCUT_LOG_LEVEL=DEBUG");
    return process;
  }

  /** It is ready and takes its part of the load. */
  void join(RelayPart part, RoleProcess process) {
    process.awaitReady();
    running.get(part).add(process);
  }

  /** It takes no part any more. */
  void leave(RoleProcess process) {
    running.get(partOf(process)).remove(process);
  }

  /** Starts or drains processes until there are so many of each part, all of them ready. */
  void ensure(Map<RelayPart, Integer> counts) {
    picked.clear();
    List<RoleProcess> fresh = new ArrayList<>();
    counts.forEach(
        (part, count) -> {
          List<RoleProcess> all = running.get(part);
          all.removeIf(process -> !process.isAlive());
          while (all.size() > count) {
            all.remove(all.size() - 1).stop();
          }
          for (int missing = count - all.size(); missing > 0; missing--) {
            fresh.add(start(part));
          }
        });
    fresh.forEach(process -> join(partOf(process), process));
    running().forEach(RoleProcess::awaitReady);
  }

  @Override
  public void close() {
    // An immediate one closes the selectors under its own threads.
    callers.close(org.apache.hc.core5.io.CloseMode.GRACEFUL);
    relay.close();
    upstream.close();
    try {
      for (TcpProxy proxy : proxies) {
        proxy.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      rabbitMq.close();
    }
  }
}
