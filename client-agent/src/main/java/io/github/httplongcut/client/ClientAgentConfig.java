package io.github.httplongcut.client;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.client.accesslog.AccessLogConfig;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.otlp.OtlpSettings;
import io.github.httplongcut.process.RoleConfig;
import io.github.httplongcut.protocol.WireLimits;
import io.github.httplongcut.share.ShareRule;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Settings of the client agent. {@code reference.conf} documents each setting, its unit, and what
 * happens at the limit.
 *
 * @param name the process's name, {@code longcut.id}
 */
public record ClientAgentConfig(
    String name,
    AmqpConfig amqp,
    AdminConfig admin,
    Optional<OtlpSettings> otlp,
    Listener listener,
    Limits limits,
    Duration requestTimeout,
    Duration ackTimeout,
    Duration ackDelayTarget,
    Duration drainTimeout,
    Routing routing,
    Forwarding forwarding,
    Shares shares,
    AccessLogConfig accessLog)
    implements RoleConfig {

  /** Brokers delay acks by up to 20 ms to batch them (protocol section 7). */
  private static final Duration MIN_ACK_DELAY_TARGET = Duration.ofMillis(100);

  private static final String DISCARDED_IF_LARGER =
      "brokers and upstream agents discard requests with more";

  private static final Pattern HOST = Pattern.compile("[a-z0-9._-]+|\\[[0-9a-f:.]+]");
  private static final String HOST_FORM = "a host name without a port";

  private static final Pattern PATH = Pattern.compile("/|(/[^/?#\\s]+)+");
  private static final String PATH_FORM = "/ or a path such as /orders, without a trailing /";

  /**
   * Address of the HTTP listener, and limits of its connections.
   *
   * @param port 0 for any free port
   * @param readTimeout longest time for a request's head to arrive, and longest pause between two
   *     reads of a body
   * @param minUploadRate lowest average rate of a body, in bytes per second
   * @param idleTimeout longest time that an idle connection is kept
   * @param maxConnections maximum number of connections, idle ones included
   */
  public record Listener(
      String host,
      int port,
      Duration readTimeout,
      long minUploadRate,
      Duration idleTimeout,
      int maxConnections) {

    UploadPace.Limits uploadPace() {
      return new UploadPace.Limits(readTimeout, minUploadRate);
    }
  }

  /**
   * Limits of requests. Sizes are in bytes.
   *
   * @param maxInFlight maximum number of requests in flight
   * @param maxHeaders maximum number of header fields of a request
   */
  public record Limits(
      int maxInFlight,
      long maxInFlightBytes,
      long maxRequestBody,
      long maxHeadersSize,
      int maxHeaders,
      long maxUrl) {}

  /**
   * Rules that choose the upstream target of a request.
   *
   * @param routes in the order of the config; no two have the same host and path
   * @param defaultUpstreamTarget for requests that match no route; if empty, they fail with {@code
   *     no_route}
   * @param onHangUp action if the caller of a request for the default target hangs up
   */
  public record Routing(
      List<Route> routes, Optional<String> defaultUpstreamTarget, OnHangUp onHangUp) {
    public Routing {
      routes = List.copyOf(routes);
    }

    /** Returns the targets of all routes, and the default target. */
    Set<String> upstreamTargets() {
      return Stream.concat(
              routes.stream().map(Route::upstreamTarget), defaultUpstreamTarget.stream())
          .collect(Collectors.toSet());
    }
  }

  /**
   * Route to an upstream target.
   *
   * @param host the {@code Host} that it matches, without port and in lower case; empty for any
   * @param path the prefix that it matches, in whole segments: {@code /} or {@code /a/b}, without a
   *     trailing slash
   * @param stripPath true if the upstream server gets the URL without the prefix
   * @param onHangUp action if the caller hangs up
   */
  public record Route(
      Optional<String> host,
      String path,
      boolean stripPath,
      String upstreamTarget,
      OnHangUp onHangUp) {}

  /** Action if a caller hangs up before its answer. */
  public enum OnHangUp {
    /** Cancels the request, also at the broker and the upstream agent. */
    CANCEL,
    /** Lets the request finish, and drops its answer. */
    FINISH
  }

  /**
   * Rules for the header fields that tell the upstream server about the caller.
   *
   * @param trustedProxies proxies whose {@code X-Forwarded-*} fields are trusted
   * @param underscores rule for field names with an underscore
   */
  public record Forwarding(
      ForwardedHeaders headers, TrustedProxies trustedProxies, Underscores underscores) {}

  /**
   * Rule for the shares of targets and callers in the limits.
   *
   * @param rule for the share of a target, and of a caller
   * @param callers true if callers have shares
   */
  public record Shares(ShareRule rule, boolean callers) {}

  /** Rule for field names with {@code _}, which CGI and WSGI do not distinguish from {@code -}. */
  public enum Underscores {
    PASS,
    DROP
  }

  /** Rule for {@code X-Forwarded-*} and other fields that identify the caller. */
  public enum ForwardedHeaders {
    /** Replaces the caller's fields, unless the caller is a trusted proxy. */
    REPLACE,
    /** Appends to the caller's fields, which are trusted. */
    APPEND,
    /** Adds no fields; the caller's pass unchanged. */
    OFF
  }

  /** Reads and checks the settings below {@code longcut}. */
  public static ClientAgentConfig read(Settings longcut) {
    Settings agent = longcut.section("client-agent");
    ClientAgentConfig config =
        new ClientAgentConfig(
            longcut.name("id"),
            AmqpConfig.read(longcut.section("amqp")),
            AdminConfig.read(longcut, Role.CLIENT_AGENT),
            OtlpSettings.read(longcut.section("otlp")),
            new Listener(
                agent.text("host"),
                agent.port("port"),
                agent.duration("read-timeout"),
                agent.bytes("min-upload-rate"),
                agent.duration("idle-timeout"),
                agent.count("max-connections")),
            new Limits(
                agent.count("max-in-flight"),
                agent.bytes("max-in-flight-bytes"),
                agent.bodyLimit("max-request-body"),
                agent.bytes(
                    "max-headers-size", WireLimits.OUTSIDE_HEADER_CHARS, DISCARDED_IF_LARGER),
                agent.count("max-headers", WireLimits.OUTSIDE_HEADER_FIELDS, DISCARDED_IF_LARGER),
                agent.bytes("max-url", WireLimits.URL_CHARS, DISCARDED_IF_LARGER)),
            agent.duration("request-timeout"),
            agent.duration("ack-timeout"),
            agent.duration("ack-delay-target"),
            agent.duration("drain-timeout"),
            new Routing(
                readRoutes(agent),
                agent.optionalName("default-upstream-target"),
                agent.section("route-defaults").oneOf("hang-up", OnHangUp.class)),
            readForwarding(agent),
            readShares(agent.section("shares")),
            AccessLogConfig.read(agent.section("access-log")));
    AmqpConfig.requireUnackedFor(agent, "request-timeout", config.requestTimeout);
    agent.require(
        config.ackTimeout.compareTo(config.requestTimeout) < 0,
        "ack-timeout",
        "less than request-timeout");
    agent.require(
        config.ackDelayTarget.compareTo(MIN_ACK_DELAY_TARGET) >= 0
            && config.ackDelayTarget.compareTo(config.ackTimeout) < 0,
        "ack-delay-target",
        "at least 100ms and less than ack-timeout");
    agent.require(
        config.limits.maxRequestBody <= config.limits.maxInFlightBytes,
        "max-request-body",
        "at most max-in-flight-bytes");
    return config;
  }

  private static Forwarding readForwarding(Settings agent) {
    TrustedProxies trusted = TrustedProxies.NONE;
    try {
      trusted = TrustedProxies.parse(agent.texts("trusted-proxies"));
    } catch (IllegalArgumentException e) {
      agent.refuse(
          "trusted-proxies",
          "expected IP addresses and CIDR ranges such as 10.0.0.0/8 or fd00::/8");
    }
    return new Forwarding(
        agent.oneOf("forwarded-headers", ForwardedHeaders.class),
        trusted,
        agent.oneOf("underscores", Underscores.class));
  }

  private static Shares readShares(Settings shares) {
    return new Shares(ShareRule.read(shares), shares.flag("callers"));
  }

  /** Returns the rule that tells which caller a connection or request counts for. */
  Callers callers() {
    return new Callers(forwarding.trustedProxies(), shares.callers());
  }

  private static List<Route> readRoutes(Settings agent) {
    Set<String> seen = new HashSet<>();
    return agent.list("routes", agent.section("route-defaults")).stream()
        .map(settings -> readRoute(settings, seen))
        .toList();
  }

  private static Route readRoute(Settings settings, Set<String> seen) {
    Route route =
        new Route(
            settings.optional(
                "host", () -> settings.parsed("host", HOST_FORM, ClientAgentConfig::host, "")),
            settings.parsed("path", PATH_FORM, ClientAgentConfig::path, "/"),
            settings.flag("strip-path"),
            settings.name("upstream-target"),
            settings.oneOf("hang-up", OnHangUp.class));
    settings.require(
        seen.add(route.host.orElse("*") + ' ' + route.path),
        "path",
        "a host and path that no earlier route has:"
            + " of two equal routes, the first would always win");
    return route;
  }

  private static String host(String text) {
    String host = text.toLowerCase(Locale.ROOT);
    if (!HOST.matcher(host).matches()) {
      throw new IllegalArgumentException();
    }
    return HostField.hostOf(host);
  }

  private static String path(String text) {
    if (!PATH.matcher(text).matches()) {
      throw new IllegalArgumentException();
    }
    return text;
  }
}
