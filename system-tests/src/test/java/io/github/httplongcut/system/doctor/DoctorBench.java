package io.github.httplongcut.system.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.system.rabbitmq.ManagementApi;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.relay.Relay;
import io.github.httplongcut.system.relay.RoleProcess;
import io.github.httplongcut.testkit.Ports;
import io.github.httplongcut.testkit.RabbitMqUser;
import io.github.httplongcut.testkit.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A relay with one process of each role on a RabbitMQ of its own, and its upstream servers. Each
 * process has a settings file and a fixed admin port, so that a process that starts again has the
 * same address. For one thread at a time.
 */
final class DoctorBench implements AutoCloseable {

  /** Target of all other requests; its server has no health check. */
  static final String PLAIN = "plain";

  /** Target with a health check. */
  static final String CHECKED = "checked";

  /** Target with https. */
  static final String SECURE = "secure";

  private static final Logger log = LoggerFactory.getLogger(DoctorBench.class);
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(20);

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Path folder = TemporaryFolder.create(Path.of("target"), "doctor-");
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Map<Role, Integer> adminPorts = new EnumMap<>(Role.class);
  private final Map<Role, RoleProcess> processes = new EnumMap<>(Role.class);
  private final RabbitMq rabbitMq;
  private final TestCertificates certificates;
  private final FaultyServer plain;
  private final FaultyServer checked;
  private final FaultyServer secure;
  private final Relay relay;

  private DoctorBench() {
    rabbitMq = opened(RabbitMq.dedicated());
    certificates = new TestCertificates(folder);
    plain = opened(FaultyServer.http());
    checked = opened(FaultyServer.http());
    secure = opened(FaultyServer.https(certificates.valid()));
    relay = opened(new Relay(rabbitMq::amqpUri, "doctor"));
  }

  /** Starts everything, and waits until requests to all targets are answered. */
  static DoctorBench start() {
    // Builds the jars if the sources are newer, so that the first tool need not.
    assertThat(ToolRun.of(Map.of(), List.of("doctor", "--help")).exitCode()).isZero();
    DoctorBench bench = new DoctorBench();
    try {
      bench.setPasswords();
      bench.grantOperator();
      bench.writeSettings();
      for (Role role : Role.values()) {
        bench.startProcess(role);
      }
      bench.awaitWell();
      return bench;
    } catch (RuntimeException | Error e) {
      bench.close();
      throw e;
    }
  }

  private <T extends AutoCloseable> T opened(T resource) {
    open.push(resource);
    return resource;
  }

  RabbitMq rabbitMq() {
    return rabbitMq;
  }

  /** The management API with the login of {@link RabbitMqUser#ADMIN}, which no tool uses. */
  ManagementApi management() {
    return rabbitMq.managementApi();
  }

  TestCertificates certificates() {
    return certificates;
  }

  /** Server of the target {@link #PLAIN}. */
  FaultyServer plainServer() {
    return plain;
  }

  /** Server of the target {@link #CHECKED}. */
  FaultyServer checkedServer() {
    return checked;
  }

  /** Server of the target {@link #SECURE}. */
  FaultyServer secureServer() {
    return secure;
  }

  /** The process of a role that was started last. */
  RoleProcess process(Role role) {
    return processes.get(role);
  }

  /** Starts a process of a role; the process is not ready yet. */
  void startProcess(Role role) {
    processes.put(role, relay.startWithFile(role.key(), id(role), settings(role)));
  }

  /** The id of a process, without its random end. */
  private static String id(Role role) {
    return role.key() + "-1";
  }

  /** The settings file of a role. */
  Path settings(Role role) {
    return folder.resolve(role.key() + ".conf");
  }

  /** The URL of the admin pages of a role. */
  String adminUrl(Role role) {
    return "http://127.0.0.1:" + adminPorts.get(role);
  }

  /** The AMQP URI with the login of a user. */
  URI amqpUri(BenchUser user) {
    return URI.create(
        "amqp://%s@%s:%d/%s"
            .formatted(user.userInfo(), rabbitMq.host(), rabbitMq.amqpPort(), RabbitMq.VHOST));
  }

  /** The URL of the management API with the login of a user. */
  URI managementUrl(BenchUser user) {
    URI plainUrl = rabbitMq.managementUri();
    return URI.create(
        "http://%s@%s:%d".formatted(user.userInfo(), plainUrl.getHost(), plainUrl.getPort()));
  }

  /** Starts RabbitMQ again, which imports the users of the demo with their own passwords. */
  void startRabbitMq() {
    rabbitMq.start();
    setPasswords();
  }

  private void setPasswords() {
    for (BenchUser user : BenchUser.values()) {
      setPassword(user, user.password());
    }
  }

  /** Sets the password of a user in RabbitMQ only. */
  void setPassword(BenchUser user, String password) {
    management()
        .put("/api/users/" + user.login(), Map.of("password", password, "tags", user.tags()));
  }

  private void grantOperator() {
    management()
        .put(
            "/api/permissions/" + RabbitMq.VHOST + "/" + BenchUser.OPERATOR.login(),
            Map.of("configure", ".*", "write", ".*", "read", ".*"));
  }

  /** Makes RabbitMQ close all connections of a user, whose processes then log in again. */
  void closeConnections(BenchUser user) {
    rabbitMq.ctl("close_all_user_connections", user.login(), "this test");
  }

  private void writeSettings() {
    writeSettings(
        Role.CLIENT_AGENT,
        BenchUser.CLIENT_AGENT,
        """
        port = 0
        default-upstream-target = %1$s
        routes = [
          { path = "/%2$s", upstream-target = "%2$s" }
          { path = "/%3$s", upstream-target = "%3$s" }
        ]
        """
            .formatted(PLAIN, CHECKED, SECURE));
    writeSettings(Role.BROKER, BenchUser.BROKER, "");
    writeSettings(
        Role.UPSTREAM_AGENT,
        BenchUser.UPSTREAM_AGENT,
        """
        targets {
          %s { url = "%s" }
          %s { url = "%s", health-check { path = "%s", interval = 500ms, fall = 2 } }
          %s { url = "%s", ca-file = "%s" }
        }
        """
            .formatted(
                PLAIN,
                plain.url(),
                CHECKED,
                checked.url(),
                FaultyServer.HEALTH,
                SECURE,
                secure.url(),
                certificates.caFile()));
  }

  private void writeSettings(Role role, BenchUser user, String section) {
    int port = Ports.free();
    adminPorts.put(role, port);
    String text =
        """
        longcut {
          amqp {
            uris = ["%s"], heartbeat = 2s, reconnect-backoff-max = 500ms
            plain-text = allowed # RabbitMQ may run in a container
          }
          %s {
            admin.port = %d
            %s
          }
        }
        """
            .formatted(amqpUri(user), role.key(), port, section);
    try {
      Files.writeString(settings(role), text);
      Files.setPosixFilePermissions(settings(role), PosixFilePermissions.fromString("rw-------"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a GET for a target through the client agent. */
  HttpResponse<String> get(String target) {
    int port = process(Role.CLIENT_AGENT).port("http_listening");
    URI url = URI.create("http://127.0.0.1:%d/%s/order".formatted(port, target));
    HttpRequest request = HttpRequest.newBuilder(url).timeout(REQUEST_TIMEOUT).build();
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException("through " + process(Role.CLIENT_AGENT).output(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Waits until all processes are ready, and requests to all targets are answered. */
  void awaitWell() {
    processes.values().forEach(RoleProcess::awaitReady);
    await("answers of all targets")
        .atMost(Relay.PATIENCE)
        .untilAsserted(
            () -> {
              for (String target : List.of(PLAIN, CHECKED, SECURE)) {
                HttpResponse<String> response = get(target);
                assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
              }
            });
  }

  /** Runs a tool with the addresses and the logins of a party. */
  ToolRun run(DoctorLogin login, String... command) {
    List<String> arguments = new ArrayList<>(List.of(command));
    arguments.addAll(login.options(this));
    ToolRun run = ToolRun.of(login.environment(this), arguments);
    log.info("{} as {}: {} ms", command[0], login, run.took().toMillis());
    return run;
  }

  /** A new file in the folder of the bench. */
  Path file(String name) {
    return folder.resolve(name);
  }

  /** Runs {@code doctor --json}. */
  DoctorFindings doctor(DoctorLogin login, String... options) {
    List<String> command = new ArrayList<>(List.of("doctor", "--json"));
    command.addAll(List.of(options));
    return DoctorFindings.of(run(login, command.toArray(String[]::new)));
  }

  @Override
  public void close() {
    List<Throwable> failures = new ArrayList<>();
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        failures.add(e);
      }
    }
    assertThat(failures).as("failures to close").isEmpty();
  }
}
