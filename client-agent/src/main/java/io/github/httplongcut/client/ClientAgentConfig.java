package io.github.httplongcut.client;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.config.RoleConfig;
import io.github.httplongcut.config.Settings;
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
 * The client agent's settings; {@code reference.conf} says what each means, its unit, and what
 * happens at the limit.
 *
 * @param name of the process: {@code longcut.id}
 */
public record ClientAgentConfig(
    String name,
    AmqpConfig amqp,
    AdminConfig admin,
    Listener listener,
    Limits limits,
    Duration requestTimeout,
    Duration ackTimeout,
    Duration ackDelayTarget,
    Duration drainTimeout,
    Routing routing,
    Forwarding forwarding,
    Shares shares)
    implements RoleConfig {

  /** Brokers let acks wait for their neighbours, 20 ms at the most (protocol section 7). */
  private static final Duration LEAST_ACK_DELAY_TARGET = Duration.ofMillis(100);

  private static final String NO_MORE_IS_RELAYED =
      "brokers and upstream agents discard requests with more";

  private static final Pattern HOST = Pattern.compile("[a-z0-9._-]+|\\[[0-9a-f:.]+]");
  private static final String HOST_FORM = "a host name without a port";

  private static final Pattern PATH = Pattern.compile("/|(/[^/?#\\s]+)+");
  private static final String PATH_FORM = "/ or a path such as /orders, without a / at its end";

  /**
   * Where callers connect.
   *
   * @param port 0: any free one
   * @param readTimeout for a request's head to arrive; longest pause between two reads of a body
   * @param minUploadRate of a body, in bytes a second
   * @param idleTimeout for a kept connection to bring the next request
   * @param maxConnections of callers
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
   * Sizes in bytes, except the two counts.
   *
   * @param maxInFlight requests
   * @param maxHeaders fields
   */
  public record Limits(
      int maxInFlight,
      long maxInFlightBytes,
      long maxRequestBody,
      long maxHeadersSize,
      int maxHeaders,
      long maxUrl) {}

  /**
   * Which request goes to which upstream target.
   *
   * @param routes in the order of the config; no two with the same host and path
   * @param defaultUpstreamTarget for what no route matches; empty: {@code no_route}
   * @param onHangUp fate of a request for that target whose caller is gone
   */
  public record Routing(
      List<Route> routes, Optional<String> defaultUpstreamTarget, OnHangUp onHangUp) {
    public Routing {
      routes = List.copyOf(routes);
    }

    /** All that requests may be for. */
    Set<String> upstreamTargets() {
      return Stream.concat(
              routes.stream().map(Route::upstreamTarget), defaultUpstreamTarget.stream())
          .collect(Collectors.toSet());
    }
  }

  /**
   * One rule.
   *
   * @param host the Host it is for, without port and in lower case; empty: any
   * @param path a prefix of whole segments: {@code /} or {@code /a/b}, no slash at its end
   * @param stripPath whether the upstream server gets the URL without the prefix
   * @param upstreamTarget where to
   * @param onHangUp fate of a request whose caller is gone
   */
  public record Route(
      Optional<String> host,
      String path,
      boolean stripPath,
      String upstreamTarget,
      OnHangUp onHangUp) {}

  /** Fate of a request whose caller is gone before its answer. */
  public enum OnHangUp {
    /** It is cancelled along the way. */
    CANCEL,
    /** It goes on, and its answer is dropped. */
    FINISH
  }

  /**
   * Rules for the fields that tell the upstream server about the caller.
   *
   * @param trustedProxies whose {@code X-Forwarded-*} are believed
   * @param underscores in the names of fields
   */
  public record Forwarding(
      ForwardedHeaders headers, TrustedProxies trustedProxies, Underscores underscores) {}

  /**
   * Shares of what is bounded by the limits.
   *
   * @param rule for a target's share, and a caller's
   * @param callers whether callers have shares
   */
  public record Shares(ShareRule rule, boolean callers) {}

  /** Fields with {@code _} in their name, which CGI and WSGI take for those with {@code -}. */
  public enum Underscores {
    PASS,
    DROP
  }

  /** Fate of {@code X-Forwarded-*} and of other fields that tell who calls. */
  public enum ForwardedHeaders {
    /** Ours instead of the caller's, unless that is a trusted proxy. */
    REPLACE,
    /** Ours after the caller's, which are believed. */
    APPEND,
    /** None added; the caller's pass as they are. */
    OFF
  }

  /** Reads {@code longcut}. */
  public static ClientAgentConfig read(Settings longcut) {
    Settings agent = longcut.section("client-agent");
    ClientAgentConfig config =
        new ClientAgentConfig(
            longcut.name("id"),
            AmqpConfig.read(longcut.section("amqp")),
            AdminConfig.read(agent.section("admin")),
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
                    "max-headers-size", WireLimits.OUTSIDE_HEADER_CHARS, NO_MORE_IS_RELAYED),
                agent.count("max-headers", WireLimits.OUTSIDE_HEADER_FIELDS, NO_MORE_IS_RELAYED),
                agent.bytes("max-url", WireLimits.URL_CHARS, NO_MORE_IS_RELAYED)),
            agent.duration("request-timeout"),
            agent.duration("ack-timeout"),
            agent.duration("ack-delay-target"),
            agent.duration("drain-timeout"),
            new Routing(
                readRoutes(agent),
                agent.optionalName("default-upstream-target"),
                agent.section("route-defaults").oneOf("hang-up", OnHangUp.class)),
            readForwarding(agent),
            readShares(agent.section("shares")));
    AmqpConfig.requireUnackedFor(agent, "request-timeout", config.requestTimeout);
    agent.require(
        config.ackTimeout.compareTo(config.requestTimeout) < 0,
        "ack-timeout",
        "less than request-timeout");
    agent.require(
        config.ackDelayTarget.compareTo(LEAST_ACK_DELAY_TARGET) >= 0
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
          "trusted-proxies", "expected addresses and ranges such as 10.0.0.0/8 or fd00::/8");
    }
    return new Forwarding(
        agent.oneOf("forwarded-headers", ForwardedHeaders.class),
        trusted,
        agent.oneOf("underscores", Underscores.class));
  }

  private static Shares readShares(Settings shares) {
    return new Shares(ShareRule.read(shares), shares.flag("callers"));
  }

  /** Returns the rule by which callers are told from each other. */
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
        "another host or path than the routes before: the first of two equal ones would always win");
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
