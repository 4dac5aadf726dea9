package io.github.httplongcut.broker;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.broker.core.AgentLimits;
import io.github.httplongcut.broker.core.OutlierDetection;
import io.github.httplongcut.broker.core.WaitingLimits;
import io.github.httplongcut.broker.inspect.InspectConfig;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.otlp.OtlpSettings;
import io.github.httplongcut.process.RoleConfig;
import io.github.httplongcut.share.ShareRule;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Settings of the broker. {@code reference.conf} documents each setting: its meaning, its unit, and
 * the behaviour at the limit.
 *
 * @param name the name of the process, {@code longcut.id}
 * @param users the RabbitMQ users of all brokers of this vhost, this broker's own included
 */
public record BrokerConfig(
    String name,
    AmqpConfig amqp,
    AdminConfig admin,
    Optional<OtlpSettings> otlp,
    Timeouts timeouts,
    Limits limits,
    Set<String> users,
    InspectConfig inspect,
    Duration drainTimeout)
    implements RoleConfig {

  /** Largest prefetch of the queue of requests: RabbitMQ's limit for quorum queues. */
  public static final int PREFETCH = 2_000;

  /**
   * Timeouts of a request (docs/protocol.md section 4).
   *
   * @param waitTimeout the longest time in the waiting room, all stays together
   * @param ackTimeout the time in which an upstream agent must ack the request
   * @param replyTimeout the longest time from the agent's ack to the answer
   */
  public record Timeouts(Duration waitTimeout, Duration ackTimeout, Duration replyTimeout) {}

  /**
   * Limits of one broker.
   *
   * @param maxInFlight requests held, waiting and running; less than {@link #PREFETCH}
   * @param maxInFlightBytes bytes of the requests held
   * @param waiting limits of the waiting room
   * @param shares the limits for one target or one RabbitMQ user, among the requests held and in
   *     the waiting room
   * @param maxAttempts dispatches of one request, without those that cost no attempt
   * @param agents limits of the known agents
   */
  public record Limits(
      int maxInFlight,
      long maxInFlightBytes,
      WaitingLimits waiting,
      ShareRule shares,
      int maxAttempts,
      AgentLimits agents) {}

  @Override
  public Duration ackTimeout() {
    return timeouts.ackTimeout();
  }

  /** Reads and validates the section {@code longcut}. */
  public static BrokerConfig read(Settings longcut) {
    Settings broker = longcut.section("broker");
    AmqpConfig amqp = AmqpConfig.read(longcut.section("amqp"));
    Set<String> users = new HashSet<>(broker.texts("users"));
    users.add(amqp.user());
    BrokerConfig config =
        new BrokerConfig(
            longcut.name("id"),
            amqp,
            AdminConfig.read(longcut, Role.BROKER),
            OtlpSettings.read(longcut.section("otlp")),
            new Timeouts(
                broker.duration("wait-timeout"),
                broker.duration("ack-timeout"),
                broker.duration("reply-timeout")),
            new Limits(
                broker.count("max-in-flight"),
                broker.bytes("max-in-flight-bytes"),
                new WaitingLimits(
                    broker.count("max-waiting"), broker.count("max-waiting-without-agent")),
                ShareRule.read(broker.section("shares")),
                broker.count("max-attempts"),
                new AgentLimits(
                    broker.count("max-agents-per-user-and-target"),
                    broker.count("max-agents"),
                    broker.oneOf("outlier-detection", OutlierDetection.class))),
            Set.copyOf(users),
            InspectConfig.read(broker.section("inspect")),
            broker.duration("drain-timeout"));
    AmqpConfig.requireUnackedFor(broker, "wait-timeout", config.timeouts.waitTimeout);
    AmqpConfig.requireUnackedFor(broker, "reply-timeout", config.timeouts.replyTimeout);
    broker.require(
        config.timeouts.ackTimeout.compareTo(config.timeouts.replyTimeout) < 0,
        "ack-timeout",
        "less than reply-timeout");
    broker.require(
        config.limits.maxInFlight < PREFETCH,
        "max-in-flight",
        "less than " + PREFETCH + ", RabbitMQ's prefetch limit for quorum queues");
    broker.require(
        config.limits.waiting.total() <= config.limits.maxInFlight,
        "max-waiting",
        "at most max-in-flight");
    broker.require(
        config.limits.agents.perUserAndTarget() <= config.limits.agents.total(),
        "max-agents-per-user-and-target",
        "at most max-agents");
    return config;
  }
}
