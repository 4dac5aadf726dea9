package io.github.httplongcut.upstream;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.config.Authority;
import io.github.httplongcut.config.RoleConfig;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.protocol.WireLimits;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The upstream agent's settings; {@code reference.conf} says what each means, its unit, and what
 * happens at the limit.
 *
 * @param name of the process: {@code longcut.id}
 * @param targets at least one, by name
 */
public record UpstreamAgentConfig(
    String name,
    AmqpConfig amqp,
    AdminConfig admin,
    Duration ackTimeout,
    Duration heartbeatInterval,
    Duration drainTimeout,
    List<Target> targets)
    implements RoleConfig {

  /**
   * RabbitMQ's prefetch is an unsigned 16-bit number, and some of it is kept for other events. Less
   * than {@link WireLimits#CAPACITY}.
   */
  private static final int MAX_CAPACITY = 65_000;

  private static final String URL_FORM =
      "http://HOST[:PORT][/BASE] or https://…, without user, query or fragment";
  private static final URI NO_URL = URI.create("http://0.0.0.0");
  private static final Pattern PATH = Pattern.compile("/[^#\\s]*");

  public UpstreamAgentConfig {
    targets = List.copyOf(targets);
  }

  /** RabbitMQ's prefetch for the inbox: the sum of the capacities. */
  public int prefetch() {
    return targets.stream().mapToInt(Target::capacity).sum();
  }

  /**
   * One upstream server, or several behind one URL.
   *
   * @param name the upstream target
   * @param url {@code http} or {@code https}, with a base path or none; no user, query or fragment
   * @param capacity requests at once
   * @param timeout of one HTTP request
   * @param maxResponseBody bytes
   * @param preserveHost whether the caller's Host goes to the server, not the URL's
   * @param trust of an {@code https} server
   * @param healthCheck empty: the target is always offered
   */
  public record Target(
      String name,
      URI url,
      int capacity,
      Duration timeout,
      long maxResponseBody,
      boolean preserveHost,
      Trust trust,
      Optional<HealthCheck> healthCheck) {}

  /**
   * Which {@code https} server is believed.
   *
   * @param caFile PEM certificates to trust; empty: those of the JVM
   * @param insecure trusts anybody, checks no host name
   */
  public record Trust(Optional<Path> caFile, boolean insecure) {}

  /**
   * Asks a server now and then whether it is well.
   *
   * @param path in origin-form, from the root of the server, not under the base path
   * @param rise checks in a row that must pass before a withdrawn target is offered again
   * @param fall checks in a row that must fail before it is withdrawn
   */
  public record HealthCheck(String path, Duration interval, Duration timeout, int rise, int fall) {}

  /** Reads {@code longcut}. */
  public static UpstreamAgentConfig read(Settings longcut) {
    Settings agent = longcut.section("upstream-agent");
    List<Target> targets = new ArrayList<>();
    agent
        .named("targets", agent.section("target-defaults"))
        .forEach((name, settings) -> targets.add(readTarget(name, settings)));
    agent.require(!targets.isEmpty(), "targets", "at least one target, such as --target NAME=URL");
    agent.require(
        targets.stream().mapToLong(Target::capacity).sum() <= MAX_CAPACITY,
        "targets",
        "capacities of at most " + MAX_CAPACITY + " together, the most that RabbitMQ can prefetch");
    return new UpstreamAgentConfig(
        longcut.name("id"),
        AmqpConfig.read(longcut.section("amqp")),
        AdminConfig.read(agent.section("admin")),
        agent.duration("ack-timeout"),
        agent.duration(
            "heartbeat-interval",
            WireLimits.HEARTBEAT_INTERVAL,
            "brokers take this agent for dead after three times as long at the most"),
        agent.duration("drain-timeout"),
        targets);
  }

  private static Target readTarget(String name, Settings settings) {
    Target target =
        new Target(
            name,
            settings.parsed("url", URL_FORM, UpstreamAgentConfig::url, NO_URL),
            settings.count("capacity"),
            settings.duration("timeout"),
            settings.bodyLimit("max-response-body"),
            settings.flag("preserve-host"),
            new Trust(settings.optionalFile("ca-file"), settings.flag("insecure")),
            readHealthCheck(settings.section("health-check")));
    AmqpConfig.requireUnackedFor(settings, "timeout", target.timeout);
    settings.require(
        !target.trust.insecure || target.trust.caFile.isEmpty(),
        "insecure",
        "false where a ca-file says whom to trust");
    return target;
  }

  private static Optional<HealthCheck> readHealthCheck(Settings settings) {
    Duration interval = settings.duration("interval");
    Duration timeout = settings.duration("timeout");
    int rise = settings.count("rise");
    int fall = settings.count("fall");
    return settings.optional(
        "path",
        () ->
            new HealthCheck(
                settings.parsed("path", "a path such as /health", UpstreamAgentConfig::path, "/"),
                interval,
                timeout,
                rise,
                fall));
  }

  private static URI url(String text) {
    URI url = URI.create(text);
    Authority authority = Authority.of(url).orElseThrow(IllegalArgumentException::new);
    if (!("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
        || authority.port() > 65_535
        || authority.userInfo().isPresent()
        || url.getRawQuery() != null
        || url.getRawFragment() != null) {
      throw new IllegalArgumentException();
    }
    return url;
  }

  private static String path(String text) {
    if (!PATH.matcher(text).matches()) {
      throw new IllegalArgumentException();
    }
    return text;
  }
}
