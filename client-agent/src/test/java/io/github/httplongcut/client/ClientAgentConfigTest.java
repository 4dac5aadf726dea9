package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.client.ClientAgentConfig.ForwardedHeaders;
import io.github.httplongcut.client.ClientAgentConfig.Forwarding;
import io.github.httplongcut.client.ClientAgentConfig.Limits;
import io.github.httplongcut.client.ClientAgentConfig.Listener;
import io.github.httplongcut.client.ClientAgentConfig.OnHangUp;
import io.github.httplongcut.client.ClientAgentConfig.Route;
import io.github.httplongcut.client.ClientAgentConfig.Shares;
import io.github.httplongcut.client.ClientAgentConfig.Underscores;
import io.github.httplongcut.client.accesslog.AccessLogConfig;
import io.github.httplongcut.client.accesslog.AccessLogConfig.Format;
import io.github.httplongcut.client.accesslog.AccessLogConfig.Visibility;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Sources;
import io.github.httplongcut.process.RoleCommand;
import io.github.httplongcut.share.ShareRule;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class ClientAgentConfigTest {

  @Test
  void theDefaultsAreThoseOfTheProtocol() {
    ClientAgentConfig config = parse("");
    assertThat(config.admin()).isEqualTo(new AdminConfig("127.0.0.1", 8001));
    assertThat(config.listener())
        .isEqualTo(
            new Listener(
                "127.0.0.1", 8000, Duration.ofSeconds(10), 1024, Duration.ofSeconds(75), 10_000));
    assertThat(config.limits())
        .isEqualTo(new Limits(10_000, 256L << 20, 1L << 20, 64L << 10, 200, 16L << 10));
    assertThat(config.requestTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(config.ackTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(config.ackDelayTarget()).isEqualTo(Duration.ofMillis(500));
    assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(20));
    assertThat(config.routing().routes()).isEmpty();
    assertThat(config.routing().defaultUpstreamTarget()).isEmpty();
    assertThat(config.forwarding())
        .isEqualTo(new Forwarding(ForwardedHeaders.REPLACE, TrustedProxies.NONE, Underscores.PASS));
    assertThat(config.shares()).isEqualTo(new Shares(new ShareRule(0.5, 32), true));
    assertThat(config.accessLog())
        .isEqualTo(
            new AccessLogConfig(
                Format.OFF,
                Optional.empty(),
                100L << 20,
                10,
                Visibility.HIDDEN,
                Visibility.HIDDEN));
  }

  @Test
  void accessLogIsRead() {
    String section =
        "format = json, file = logs/a.log, max-size = 1 KiB, max-files = 20, query = logged,"
            + " fields = logged";

    assertThat(parse("access-log { " + section + " }").accessLog())
        .isEqualTo(
            new AccessLogConfig(
                Format.JSON,
                Optional.of(Path.of("logs/a.log")),
                1024,
                20,
                Visibility.LOGGED,
                Visibility.LOGGED));
  }

  @Test
  void sharesAreRead() {
    assertThat(parse("shares { of-free = 1, always = 10000, callers = false }").shares())
        .isEqualTo(new Shares(new ShareRule(1, 10_000), false));
  }

  @Test
  void routesAreReadInTheirOrder() {
    ClientAgentConfig config =
        parse(
            """
            routes = [
              { host = Shop.example, path = /orders, strip-path = true, upstream-target = orders, hang-up = finish }
              { path = "/a%2Fb/c", upstream-target = billing }
              { upstream-target = rest }
            ]
            default-upstream-target = rest
            """);
    assertThat(config.routing().routes())
        .containsExactly(
            new Route(Optional.of("shop.example"), "/orders", true, "orders", OnHangUp.FINISH),
            new Route(Optional.empty(), "/a%2Fb/c", false, "billing", OnHangUp.CANCEL),
            new Route(Optional.empty(), "/", false, "rest", OnHangUp.CANCEL));
    assertThat(config.routing().defaultUpstreamTarget()).hasValue("rest");
    assertThat(config.routing().onHangUp()).isEqualTo(OnHangUp.CANCEL);
  }

  @Test
  void routeDefaultsApplyToTheDefaultTargetToo() {
    ClientAgentConfig config =
        parse("route-defaults.hang-up = finish, routes = [ { upstream-target = a } ]");

    assertThat(config.routing().routes().get(0).onHangUp()).isEqualTo(OnHangUp.FINISH);
    assertThat(config.routing().onHangUp()).isEqualTo(OnHangUp.FINISH);
  }

  @Test
  void twoEqualRoutesAreRefused() {
    assertThatThrownBy(
            () -> parse("routes = [{ upstream-target = a },\n{ path = /, upstream-target = b }]"))
        .hasMessageStartingWith(
            "longcut.client-agent.routes[1].path: expected a host and path that no earlier route"
                + " has");
  }

  @ParameterizedTest
  @ValueSource(strings = {"orders", "/orders/", "//", "/a?b", "/a#b", "/a b"})
  void aPathThatIsNotInWholeSegmentsIsRefused(String path) {
    assertThatThrownBy(() -> parse("routes = [{ path = \"" + path + "\", upstream-target = a }]"))
        .hasMessage(
            "longcut.client-agent.routes[0].path: expected / or a path such as /orders, without a"
                + " trailing /, found \"%s\" (text: 2)",
            path);
  }

  @Test
  void aRouteWithAPortOrWithoutATargetIsRefused() {
    assertThatThrownBy(() -> parse("routes = [{ host = \"shop:80\" }]"))
        .message()
        .contains("routes[0].host: expected a host name without a port, found \"shop:80\"")
        .contains("routes[0].upstream-target: missing, expected a name of");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "request-timeout = 31m ; request-timeout: expected at most 30m: RabbitMQ closes the"
            + " channel",
        "ack-timeout = 30s ; ack-timeout: expected less than request-timeout",
        "ack-delay-target = 99ms ; ack-delay-target: expected at least 100ms and less than"
            + " ack-timeout",
        "ack-delay-target = 3s ; ack-delay-target: expected at least 100ms and less than"
            + " ack-timeout",
        "max-in-flight-bytes = 1 KiB ; max-request-body: expected at most max-in-flight-bytes",
        "max-request-body = 5 MiB ; max-request-body: expected a size such as 1 MiB, at most 4 MiB",
        "max-headers = 991 ; max-headers: expected a whole number from 1 to 990: brokers and"
            + " upstream agents discard requests with more, found \"991\"",
        "max-headers-size = 245761 ; max-headers-size: expected a size such as 64 KiB, at most 240"
            + " KiB: brokers and upstream agents discard requests with more, found \"245761\"",
        "max-url = 65 KiB ; max-url: expected a size such as 64 KiB, at most 64 KiB:"
            + " brokers and upstream agents discard requests with more, found \"65 KiB\"",
        "trusted-proxies = [ proxy.example ] ; trusted-proxies: expected IP addresses and CIDR"
            + " ranges such as 10.0.0.0/8 or fd00::/8",
        "shares.of-free = 1.5 ; shares.of-free: expected a number above 0 and at most 1, such as"
            + " 0.5",
        "shares.always = 0 ; shares.always: expected a whole number of at least 1",
        "underscores = allow ; underscores: expected pass | drop, found \"allow\"",
        "access-log.format = common ; access-log.format: expected off | combined | json, found",
        "access-log.file = \"a%d.log\" ; access-log.file: expected the path of a file, without %"
            + " and",
        "access-log.max-files = 21 ; access-log.max-files: expected a whole number from 1 to 20:"
            + " each",
        "access-log.query = yes ; access-log.query: expected hidden | logged, found",
        "forwarded-headers = on ; forwarded-headers: expected replace | append | off, found \"on\"",
      })
  void invalidSettingsAreRefused(String text, String message) {
    assertThatThrownBy(() -> parse(text)).hasMessageStartingWith("longcut.client-agent." + message);
  }

  @Test
  void theHighestLimitsAreThoseOfTheProtocol() {
    ClientAgentConfig config =
        parse(
            "max-headers = 990, max-headers-size = 240 KiB, max-url = 64 KiB,"
                + " max-request-body = 4 MiB");
    assertThat(config.limits())
        .isEqualTo(
            new ClientAgentConfig.Limits(10_000, 256L << 20, 4L << 20, 240 << 10, 990, 64 << 10));
  }

  @Test
  void flagsOverrideTheEnvironment() {
    Map<String, String> environment =
        Map.of(
            "LONGCUT_AMQP_URI", "amqp://u:p@localhost/v",
            "LONGCUT_HOST", "0.0.0.0",
            "LONGCUT_PORT", "1",
            "LONGCUT_UPSTREAM_TARGET", "from-environment",
            "LONGCUT_ACCESS_LOG", "combined");
    assertThat(checkConfig(environment))
        .contains("host=\"0.0.0.0\"", "port=\"1\"", "default-upstream-target=from-environment")
        .contains("format=combined");
    assertThat(
            checkConfig(
                environment, "--port=2", "--upstream-target=from-flag", "--access-log=json"))
        .contains("host=\"0.0.0.0\"", "port=\"2\"", "default-upstream-target=from-flag")
        .contains("format=json");
  }

  /** Kubernetes sets LONGCUT_PORT so for a Service named longcut. */
  @Test
  void aKubernetesServiceAddressIsNotTakenForThePort() {
    Map<String, String> environment =
        Map.of("LONGCUT_AMQP_URI", "amqp://u:p@localhost/v", "LONGCUT_PORT", "tcp://10.0.0.1:8000");
    assertThat(checkConfig(environment)).contains("port=8000").doesNotContain("10.0.0.1");
  }

  private static String checkConfig(Map<String, String> environment, String... flags) {
    StringWriter out = new StringWriter();
    CommandLine commandLine =
        new RoleCommand<>(
                Role.CLIENT_AGENT,
                new ClientAgentOptions(),
                ClientAgentConfig::read,
                (config, settings) -> () -> {},
                environment,
                new Properties())
            .commandLine();
    commandLine.setOut(new PrintWriter(out));
    String[] arguments = new String[flags.length + 1];
    arguments[0] = "--check-config";
    System.arraycopy(flags, 0, arguments, 1, flags.length);
    assertThat(commandLine.execute(arguments)).isZero();
    return out.toString();
  }

  private static ClientAgentConfig parse(String text) {
    return Sources.parse(
        "longcut.amqp.uris = \"amqp://u:p@localhost/v\"\nlongcut.client-agent { " + text + "\n}",
        ClientAgentConfig::read);
  }
}
