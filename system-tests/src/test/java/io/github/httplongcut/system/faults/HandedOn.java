package io.github.httplongcut.system.faults;

import static io.github.httplongcut.system.faults.RelayPart.BROKER;
import static io.github.httplongcut.system.faults.RelayPart.UPSTREAM_AGENT;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.faults.RecordingUpstream.Behaviour;
import io.github.httplongcut.system.net.TcpProxy;
import io.github.httplongcut.system.relay.RoleProcess;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.awaitility.core.ConditionTimeoutException;

/**
 * POSTs that an upstream agent hands on to another agent, at the worst moment (protocol section 4):
 *
 * <ol>
 *   <li>The agent publishes an error that tells the broker to dispatch the POST to another agent.
 *   <li>RabbitMQ takes the error, but the agent's publishing connection is reset before the confirm
 *       arrives.
 *   <li>Within milliseconds, the broker that has dispatched the POST again is killed or frozen.
 * </ol>
 *
 * <p>If the agent published the error again, the second copy would become an orphan while the POST
 * runs at another agent. The POST would then run twice, or its caller would get a 503.
 *
 * <p>Meanwhile the upstream server answers POSTs slowly, so that the second copy would reach the
 * broker's inbox before the response.
 */
@SuppressWarnings("ImmutableEnumChecker") // causes and broker faults have no state
enum HandedOn implements FaultScenario {
  SERVER_REFUSES_BROKER_KILLED(HandedOn::refuse, HandedOn::kill, 1),
  SERVER_REFUSES_BROKER_FROZEN(HandedOn::refuse, HandedOn::freeze, 5.5),
  AGENT_DRAINS_BROKER_KILLED(HandedOn::drain, HandedOn::kill, 1),
  AGENT_DRAINS_BROKER_FROZEN(HandedOn::drain, HandedOn::freeze, 5.5);

  /** Makes an upstream agent hand on the requests that it has taken. */
  private interface Cause {

    /**
     * Injects the fault.
     *
     * @return a supplier that ends the fault and returns a task that waits until the process is
     *     ready
     */
    Supplier<Runnable> begin(FaultBench bench, RoleProcess agent);
  }

  /** Injects a fault into a broker. */
  private interface BrokerFault {

    /**
     * Injects the fault.
     *
     * @return a supplier that ends the fault and returns a task that waits until the process is
     *     ready
     */
    Supplier<Runnable> begin(FaultBench bench, RoleProcess broker);
  }

  /**
   * Shorter than {@code confirm-timeout}, after which the agent itself would close the connection.
   */
  private static final Duration PATIENCE = Duration.ofMillis(1_800);

  private static final Duration CONSUMING_DELAY = Duration.ofMillis(150);
  private static final int SETTLING = 6;
  private static final Pattern TAKEN = Pattern.compile(" event=taken ");
  private static final Pattern NOT_SETTLING = Pattern.compile(" event=(started|failed|forgotten) ");
  private static final Pattern DISPATCHED_AGAIN =
      Pattern.compile(" from=Unassigned to=Dispatched why=\"(not run|unreachable)\"");

  private final Cause cause;
  private final BrokerFault brokerFault;
  private final Duration hold;

  HandedOn(Cause cause, BrokerFault brokerFault, double holdSeconds) {
    this.cause = cause;
    this.brokerFault = brokerFault;
    this.hold = Duration.ofMillis((long) (holdSeconds * 1_000));
  }

  @Override
  public FaultInjector injector() {
    return (bench, random) -> {
      RoleProcess agent = bench.pick(UPSTREAM_AGENT, random);
      RoleProcess broker = bench.pick(BROKER, random);
      long before = count(broker, DISPATCHED_AGAIN);
      int enough = minDispatches() + random.nextInt(minDispatches());
      bench.upstream().behaviour(Behaviour.ANSWERS_POSTS_SLOWLY);
      Supplier<Runnable> causeEnds = cause.begin(bench, agent);
      Pattern publishing = UPSTREAM_AGENT.connectionOf(agent.name(), "publish");
      bench.proxies().forEach(proxy -> proxy.holdReplies(publishing));
      awaitThat(() -> count(broker, DISPATCHED_AGAIN) - before >= enough);
      boolean resetFirst = random.nextBoolean();
      if (resetFirst) {
        reset(bench, publishing);
      }
      Supplier<Runnable> brokerFaultEnds = brokerFault.begin(bench, broker);
      if (!resetFirst) {
        reset(bench, publishing);
      }
      return InjectedFault.withVictim(
          broker,
          () -> {
            bench.upstream().behaviour(Behaviour.NORMAL);
            Runnable afterBrokerFault = brokerFaultEnds.get();
            Runnable afterCause = causeEnds.get();
            afterBrokerFault.run();
            afterCause.run();
          });
    };
  }

  /**
   * Minimum number of requests that the broker dispatches again before its fault; the maximum is
   * less than twice that.
   */
  private int minDispatches() {
    // A server that refuses connections affects GETs as well. A draining agent hands on only
    // requests that it was settling.
    return name().startsWith("SERVER_REFUSES") ? 4 : 1;
  }

  private static void reset(FaultBench bench, Pattern login) {
    for (TcpProxy proxy : bench.proxies()) {
      proxy.reset(login);
      proxy.heal(login);
    }
  }

  /** Makes the upstream server refuse this agent's connections. */
  private static Supplier<Runnable> refuse(FaultBench bench, RoleProcess agent) {
    int listener = bench.upstreamListenerOf(agent);
    bench.upstream().refuse(listener);
    return () -> {
      bench.upstream().listen(listener);
      return () -> {};
    };
  }

  /**
   * Sends SIGTERM while the agent settles POSTs. A delay on the consuming connection makes settling
   * slow.
   */
  private static Supplier<Runnable> drain(FaultBench bench, RoleProcess agent) {
    Pattern consuming = UPSTREAM_AGENT.connectionOf(agent.name(), "consume");
    bench.proxies().forEach(proxy -> proxy.delay(consuming, CONSUMING_DELAY));
    awaitThat(() -> count(agent, TAKEN) - count(agent, NOT_SETTLING) >= SETTLING);
    agent.terminate();
    return () -> {
      bench.proxies().forEach(proxy -> proxy.heal(consuming));
      int exitCode = agent.awaitExitCode();
      bench.leave(agent);
      if (exitCode != 0) {
        throw new AssertionError(agent.name() + " ended with exit code " + exitCode);
      }
      RoleProcess fresh = bench.start(UPSTREAM_AGENT);
      return () -> bench.join(UPSTREAM_AGENT, fresh);
    };
  }

  private static Supplier<Runnable> kill(FaultBench bench, RoleProcess broker) {
    broker.kill();
    bench.leave(broker);
    return () -> {
      RoleProcess fresh = bench.start(BROKER);
      return () -> bench.join(BROKER, fresh);
    };
  }

  private static Supplier<Runnable> freeze(FaultBench bench, RoleProcess broker) {
    broker.freeze();
    return () -> {
      broker.thaw();
      return () -> {};
    };
  }

  /**
   * Waits for the condition, up to {@link #PATIENCE}. The trial is valid even if the condition
   * never holds.
   */
  private static void awaitThat(BooleanSupplier condition) {
    try {
      await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(20))
          .until(condition::getAsBoolean);
    } catch (ConditionTimeoutException e) {
      return;
    }
  }

  private static long count(RoleProcess process, Pattern event) {
    return process.output().lines().filter(line -> event.matcher(line).find()).count();
  }

  @Override
  public Duration hold() {
    return hold;
  }

  @Override
  public Expectation expectation() {
    return Expectation.ALL_MAY_FAIL;
  }

  @Override
  public Map<RelayPart, Integer> counts() {
    Map<RelayPart, Integer> counts = new EnumMap<>(RelayPart.class);
    for (RelayPart part : RelayPart.values()) {
      counts.put(part, 2);
    }
    return counts;
  }
}
