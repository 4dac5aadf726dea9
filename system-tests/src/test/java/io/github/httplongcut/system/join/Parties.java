package io.github.httplongcut.system.join;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.system.doctor.ToolRun;
import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.ChildProcess;
import io.github.httplongcut.testkit.RabbitMqUser;
import io.github.httplongcut.testkit.RelayProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Parties with their files in one folder, and the operator who lets them in. */
final class Parties implements AutoCloseable {

  /** Longest time from the command to the first answer. */
  static final Duration FIRST_ANSWER = Duration.ofMinutes(1);

  private final Path folder;
  private final Path logs;
  private final URI management;
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<RelayProcess> joined = new ArrayList<>();

  /**
   * @param management address of RabbitMQ's management API
   * @param test name of the test, for the logs
   */
  Parties(Path folder, URI management, String test) {
    this.folder = folder;
    this.management = management;
    this.logs = Path.of("target", "relay-logs", test);
  }

  /** Returns the joining file of a user. */
  String file(String user) {
    return folder.resolve(user + ".longcut").toString();
  }

  /** Runs a command as RabbitMQ's operator. */
  ToolRun longcut(String... arguments) {
    String admin = RabbitMqUser.ADMIN.login();
    String url =
        "http://%s:%s@%s:%d".formatted(admin, admin, management.getHost(), management.getPort());
    return ToolRun.of(Map.of("LONGCUT_MANAGEMENT_URL", url), List.of(arguments));
  }

  static void succeed(ToolRun run) {
    assertThat(run.exitCode()).as(run.toString()).isZero();
  }

  /** Starts a process with the file of a user. */
  RelayProcess join(String user, String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "env",
                "JAVA_HOME=" + System.getProperty("java.home"),
                "LONGCUT_JAVA_OPTS=-Xmx128m -XX:TieredStopAtLevel=1",
                Checkout.file("longcut").toString(),
                "join",
                file(user),
                "--admin-port",
                "0"));
    command.addAll(List.of(options));
    RelayProcess process =
        new RelayProcess(ChildProcess.start(user, command, logs.resolve(user + ".log")));
    joined.add(process);
    return process;
  }

  /** Returns what the process of a user and its {@code join} have printed so far. */
  String log(String user) throws IOException {
    return Files.readString(logs.resolve(user + ".log"));
  }

  /** Sends a request to a client agent, and returns the status. */
  int get(RelayProcess client, String path) throws IOException, InterruptedException {
    URI url = URI.create("http://127.0.0.1:" + client.port("http_listening") + path);
    return http.send(
            HttpRequest.newBuilder(url).timeout(FIRST_ANSWER).build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  /** Ends all processes. */
  @Override
  public void close() {
    joined.forEach(RelayProcess::close);
  }
}
