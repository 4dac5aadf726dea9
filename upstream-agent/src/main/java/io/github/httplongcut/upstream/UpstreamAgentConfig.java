package io.github.httplongcut.upstream;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.config.Authority;
import io.github.httplongcut.config.InsecureSetting;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.otlp.OtlpSettings;
import io.github.httplongcut.process.RoleConfig;
import io.github.httplongcut.protocol.WireLimits;
import io.github.httplongcut.upstream.core.BasePath;
import io.github.httplongcut.upstream.core.RequestRules;
import io.github.httplongcut.upstream.core.Target;
import io.github.httplongcut.upstream.http.TargetConfig;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The upstream agent's settings. {@code reference.conf} documents each setting, its unit and its
 * limit.
 *
 * @param name the process name, from {@code longcut.id}
 * @param targets at least one, sorted by name
 */
public record UpstreamAgentConfig(
    String name,
    AmqpConfig amqp,
    AdminConfig admin,
    Optional<OtlpSettings> otlp,
    Duration ackTimeout,
    Duration heartbeatInterval,
    Duration drainTimeout,
    List<TargetConfig> targets)
    implements RoleConfig {

  /**
   * Limit on the sum of all capacities. RabbitMQ's prefetch is an unsigned 16-bit number, and a
   * part is reserved for other events. Less than {@link WireLimits#CAPACITY}.
   */
  private static final int MAX_CAPACITY = 65_000;

  private static final String URL_FORM =
      "http://HOST[:PORT][/BASE] or https://…, without user, query or fragment";
  private static final URI NO_URL = URI.create("http://0.0.0.0");
  private static final Pattern PATH = Pattern.compile("/[^#\\s]*");

  public UpstreamAgentConfig {
    targets = List.copyOf(targets);
  }

  /** Returns RabbitMQ's prefetch for requests in the inbox: the sum of the capacities. */
  public int prefetch() {
    return targets.stream().mapToInt(TargetConfig::capacity).sum();
  }

  @Override
  public List<InsecureSetting> insecureSettings() {
    List<InsecureSetting> found = new ArrayList<>(amqp.insecureSettings());
    targets.stream()
        .filter(target -> target.trust().insecure())
        .map(
            target ->
                new InsecureSetting(
                    "longcut.upstream-agent.targets.%s.insecure".formatted(target.name()),
                    "anybody on the network path to %s can read and change all traffic; set ca-file"
                            .formatted(target.hostAndPort())
                        + " instead"))
        .forEach(found::add);
    return found;
  }

  /** Returns the names of the targets. */
  List<String> targetNames() {
    return targets.stream().map(TargetConfig::name).toList();
  }

  /** Returns the targets, as far as the agent decides with them. */
  List<Target> servedTargets() {
    return targets.stream().map(UpstreamAgentConfig::servedTarget).toList();
  }

  /** Returns a target, as far as the agent decides with it. */
  static Target servedTarget(TargetConfig config) {
    return new Target(
        config.name(),
        config.capacity(),
        config.timeout(),
        config.hostAndPort(),
        new RequestRules(
            BasePath.of(config.url()),
            config.preserveHost() ? RequestRules.HostField.CALLER : RequestRules.HostField.SERVER));
  }

  /** Reads the settings from the section {@code longcut}. */
  public static UpstreamAgentConfig read(Settings longcut) {
    Settings agent = longcut.section("upstream-agent");
    List<TargetConfig> targets = new ArrayList<>();
    agent
        .named("targets", agent.section("target-defaults"))
        .forEach((name, settings) -> targets.add(readTarget(name, settings)));
    agent.require(!targets.isEmpty(), "targets", "at least one target, such as --target NAME=URL");
    agent.require(
        targets.stream().mapToLong(TargetConfig::capacity).sum() <= MAX_CAPACITY,
        "targets",
        "capacities that add up to at most "
            + MAX_CAPACITY
            + ", since RabbitMQ's prefetch is limited");
    return new UpstreamAgentConfig(
        longcut.name("id"),
        AmqpConfig.read(longcut.section("amqp")),
        AdminConfig.read(longcut, Role.UPSTREAM_AGENT),
        OtlpSettings.read(longcut.section("otlp")),
        agent.duration("ack-timeout"),
        agent.duration(
            "heartbeat-interval",
            WireLimits.HEARTBEAT_INTERVAL,
            "brokers treat a longer interval as 60s and consider the agent lost too early"),
        agent.duration("drain-timeout"),
        targets);
  }

  private static TargetConfig readTarget(String name, Settings settings) {
    TargetConfig target =
        new TargetConfig(
            name,
            settings.parsed("url", URL_FORM, UpstreamAgentConfig::url, NO_URL),
            settings.count("capacity"),
            settings.duration("timeout"),
            settings.bodyLimit("max-response-body"),
            settings.flag("preserve-host"),
            new TargetConfig.Trust(settings.optionalFile("ca-file"), settings.flag("insecure")),
            readHealthCheck(settings.section("health-check")));
    AmqpConfig.requireUnackedFor(settings, "timeout", target.timeout());
    settings.require(
        !target.trust().insecure() || target.trust().caFile().isEmpty(),
        "insecure",
        "false where ca-file is set");
    return target;
  }

  private static Optional<TargetConfig.HealthCheck> readHealthCheck(Settings settings) {
    Duration interval = settings.duration("interval");
    Duration timeout = settings.duration("timeout");
    int rise = settings.count("rise");
    int fall = settings.count("fall");
    return settings.optional(
        "path",
        () ->
            new TargetConfig.HealthCheck(
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
