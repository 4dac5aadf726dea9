package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.net.TcpProxy;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.relay.Relay;
import io.github.httplongcut.system.relay.RoleProcess;
import io.github.httplongcut.testkit.RabbitMqUser;
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
 * A test bench for faults: a relay of real processes on a RabbitMQ of its own, with every
 * connection through a {@link TcpProxy}, an upstream server and an HTTP client. Trials use the
 * bench one after the other. Each fault injector undoes its fault, and {@link #ensure} starts
 * missing processes.
 */
final class FaultBench implements AutoCloseable {

  /** Half of the default timeouts, so that the ratios between them are those of the defaults. */
  static final Map<String, String> TIMERS = new LinkedHashMap<>();

  /** {@code request-timeout} among {@link #TIMERS}. */
  static final int REQUEST_TIMEOUT_SECONDS = 15;

  static {
    TIMERS.put("amqp.heartbeat", "2s"); // accepts whole seconds only
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

  private static final int CALLER_CONNECTIONS = 20_000;

  private final RabbitMq rabbitMq;
  private final List<TcpProxy> proxies = new ArrayList<>();
  private final RecordingUpstream upstream = new RecordingUpstream();
  private final Relay relay;
  private final CloseableHttpAsyncClient callers;
  private final Map<RelayPart, List<RoleProcess>> running = new EnumMap<>(RelayPart.class);
  private final Set<RoleProcess> picked = new HashSet<>();
  private final Set<RoleProcess> notLoadBalanced = ConcurrentHashMap.newKeySet();
  private final Map<RoleProcess, Integer> upstreamListeners = new ConcurrentHashMap<>();
  private final List<RoleProcess> everStarted = new CopyOnWriteArrayList<>();

  /**
   * A bench without processes of the relay.
   *
   * @param rabbitMq a running RabbitMQ, which {@link #close} closes
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
                    .setMaxConnTotal(CALLER_CONNECTIONS)
                    .setMaxConnPerRoute(CALLER_CONNECTIONS)
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
            .map(proxy -> user.amqpUri(proxy.port()).toString())
            .collect(Collectors.joining(",")));
  }

  RabbitMq rabbitMq() {
    return rabbitMq;
  }

  /** One proxy for each RabbitMQ node. */
  List<TcpProxy> proxies() {
    return proxies;
  }

  RecordingUpstream upstream() {
    return upstream;
  }

  CloseableHttpAsyncClient callers() {
    return callers;
  }

  /** The processes of a role that have not been killed or stopped. */
  List<RoleProcess> running(RelayPart part) {
    return running.get(part);
  }

  /** All processes that have not been killed or stopped. */
  List<RoleProcess> running() {
    List<RoleProcess> all = new ArrayList<>();
    running.values().forEach(all::addAll);
    return all;
  }

  /**
   * The client agents to which callers send requests, without those passed to {@link
   * #stopLoadBalancingTo}.
   */
  List<RoleProcess> loadBalanced() {
    return running.get(RelayPart.CLIENT_AGENT).stream()
        .filter(process -> !notLoadBalanced.contains(process))
        .toList();
  }

  /**
   * Makes callers send no more requests to a client agent, as a load balancer does that checks
   * {@code /readyz}. When a listener closes, the operating system resets connections that the
   * process has not accepted yet, so none may arrive then.
   */
  void stopLoadBalancingTo(RoleProcess process) {
    notLoadBalanced.add(process);
  }

  /** All processes that were ever started, for their logs. */
  List<RoleProcess> everStarted() {
    return everStarted;
  }

  /**
   * Picks a process that was not picked since {@link #ensure}, so that two faults never hit the
   * same process.
   */
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

  /** Starts a process of a role; the process is not ready yet. */
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

  /**
   * Starts an upstream agent for the listener of the upstream server that the fewest running agents
   * use.
   */
  private RoleProcess startUpstreamAgent() {
    upstreamListeners.keySet().removeIf(process -> !process.isAlive());
    int listener =
        IntStream.range(0, RecordingUpstream.LISTENERS)
            .boxed()
            .min(
                Comparator.comparing(
                    each -> Collections.frequency(upstreamListeners.values(), each)))
            .orElseThrow();
    RoleProcess process = relay.upstreamAgent(upstream.url(listener));
    upstreamListeners.put(process, listener);
    return process;
  }

  /** The index of the upstream server's listener that this upstream agent calls. */
  int upstreamListenerOf(RoleProcess upstreamAgent) {
    return upstreamListeners.get(upstreamAgent);
  }

  /**
   * Starts a process with additional environment variables, such as {@code A=B}; the process is not
   * ready yet.
   */
  RoleProcess start(RelayPart part, String... environment) {
    List<String> prefix = new ArrayList<>(List.of("env", "LONGCUT_LOG_LEVEL=DEBUG"));
    prefix.addAll(List.of(environment));
    relay.under(prefix.toArray(String[]::new));
    RoleProcess process = start(part);
    relay.under("env", "LONGCUT_LOG_LEVEL=DEBUG");
    return process;
  }

  /** Waits until a process is ready, then counts it among the running ones. */
  void join(RelayPart part, RoleProcess process) {
    process.awaitReady();
    running.get(part).add(process);
  }

  /** Removes a process from the running ones. */
  void leave(RoleProcess process) {
    running.get(partOf(process)).remove(process);
  }

  /**
   * Starts or drains processes until the given number of each role is running and ready. Returns
   * whether all of them have just been started.
   */
  boolean ensure(Map<RelayPart, Integer> counts) {
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
    return fresh.containsAll(running());
  }

  @Override
  public void close() {
    // CloseMode.IMMEDIATE would close the selectors while the client's own threads use them.
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
