package io.github.httplongcut.system.faults;

import static io.github.httplongcut.system.faults.RelayPart.BROKER;
import static io.github.httplongcut.system.faults.RelayPart.UPSTREAM_AGENT;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.faults.RecordingUpstream.Mood;
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
 * An upstream agent says of POSTs that another agent may run them, RabbitMQ takes that, and the
 * agent's publishing connection is reset before it hears the confirm. Within milliseconds the
 * broker that has handed the POSTs on is killed or frozen. If the agent said the same again, that
 * second copy would become an orphan while the POST runs elsewhere, and it would run twice or be
 * answered 503 (protocol section 4).
 *
 * <p>The upstream server answers POSTs slowly meanwhile, so that the second copy would be in the
 * broker's inbox before the answer.
 */
@SuppressWarnings("ImmutableEnumChecker") // causes and blows have no state
enum HandedOn implements Trouble {
  SERVER_REFUSES_BROKER_KILLED(HandedOn::refuse, HandedOn::kill, 1),
  SERVER_REFUSES_BROKER_FROZEN(HandedOn::refuse, HandedOn::freeze, 5.5),
  AGENT_DRAINS_BROKER_KILLED(HandedOn::drain, HandedOn::kill, 1),
  AGENT_DRAINS_BROKER_FROZEN(HandedOn::drain, HandedOn::freeze, 5.5);

  /** Makes an upstream agent hand on what it has taken. */
  private interface Cause {

    /**
     * Begins it.
     *
     * @return ends it, and returns what has to be awaited then
     */
    Supplier<Runnable> begin(FaultBench bench, RoleProcess agent);
  }

  /** Strikes a broker. */
  private interface Blow {

    /**
     * Begins it.
     *
     * @return ends it, and returns what has to be awaited then
     */
    Supplier<Runnable> begin(FaultBench bench, RoleProcess broker);
  }

  /** Shorter than {@code confirm-timeout}: the agent itself would cut the connection then. */
  private static final Duration PATIENCE = Duration.ofMillis(1_800);

  private static final Duration CONSUMING_DELAY = Duration.ofMillis(150);
  private static final int SETTLING = 6;
  private static final Pattern TAKEN = Pattern.compile(" event=taken ");
  private static final Pattern NOT_SETTLING = Pattern.compile(" event=(started|failed|forgotten) ");
  private static final Pattern DISPATCHED_AGAIN =
      Pattern.compile(" from=Unassigned to=Dispatched why=\"(not run|unreachable)\"");

  private final Cause cause;
  private final Blow blow;
  private final Duration hold;

  HandedOn(Cause cause, Blow blow, double holdSeconds) {
    this.cause = cause;
    this.blow = blow;
    this.hold = Duration.ofMillis((long) (holdSeconds * 1_000));
  }

  @Override
  public Strike strike() {
    return (bench, random) -> {
      RoleProcess agent = bench.pick(UPSTREAM_AGENT, random);
      RoleProcess broker = bench.pick(BROKER, random);
      long before = count(broker, DISPATCHED_AGAIN);
      int enough = atLeast() + random.nextInt(atLeast());
      bench.upstream().mood(Mood.ANSWERS_POSTS_SLOWLY);
      Supplier<Runnable> causeEnds = cause.begin(bench, agent);
      Pattern publishing = UPSTREAM_AGENT.connectionOf(agent.name(), "publish");
      bench.proxies().forEach(proxy -> proxy.holdReplies(publishing));
      awaitThat(() -> count(broker, DISPATCHED_AGAIN) - before >= enough);
      boolean resetFirst = random.nextBoolean();
      if (resetFirst) {
        reset(bench, publishing);
      }
      Supplier<Runnable> blowEnds = blow.begin(bench, broker);
      if (!resetFirst) {
        reset(bench, publishing);
      }
      return Struck.at(
          broker,
          () -> {
            bench.upstream().mood(Mood.NORMAL);
            Runnable afterBlow = blowEnds.get();
            Runnable afterCause = causeEnds.get();
            afterBlow.run();
            afterCause.run();
          });
    };
  }

  /** How many requests the broker dispatches again before it is struck, and twice that at most. */
  private int atLeast() {
    // A server refuses GET too; an agent that drains hands on only what it was settling.
    return name().startsWith("SERVER_REFUSES") ? 4 : 1;
  }

  private static void reset(FaultBench bench, Pattern login) {
    for (TcpProxy proxy : bench.proxies()) {
      proxy.reset(login);
      proxy.heal(login);
    }
  }

  /** The upstream server refuses this agent's connections. */
  private static Supplier<Runnable> refuse(FaultBench bench, RoleProcess agent) {
    int door = bench.doorOf(agent);
    bench.upstream().refuse(door);
    return () -> {
      bench.upstream().listen(door);
      return () -> {};
    };
  }

  /** SIGTERM while the agent settles POSTs, which takes it long. */
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

  /** Waits for it, but not for long: a trial in which it does not happen is one like any other. */
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
