package io.github.httplongcut.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.admin.ProcessDescription;
import io.github.httplongcut.admin.ProcessMetrics;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.StartException;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.loop.Ticker;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.SessionState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Order of the start and the stop of a process. */
class RoleRuntimeTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration LOOP_TIMEOUT = Duration.ofMillis(300);

  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final RecordingSession session = new RecordingSession(calls);
  private final ProcessMetrics metrics = new ProcessMetrics(Role.BROKER, Optional.empty());
  private final Loop loop = new Loop("test loop");
  private final RecordingRole role = new RecordingRole();
  private final RoleRuntime runtime = runtimeOn(0);

  private RoleRuntime runtimeOn(int adminPort) {
    return new RoleRuntime(
        new ProcessDescription(
            Role.BROKER, "b", () -> ProcessId.parse("broker.b-aaaaaa"), "the settings\n"),
        metrics,
        loop,
        session,
        new AdminConfig("127.0.0.1", adminPort));
  }

  /** Records each call with the state of the parts that the list of calls does not show. */
  private final class RecordingRole implements RelayRole {
    @Override
    public void start() {
      calls.add("start role" + pages());
      loop.start(new NoTicker());
      session.start(null);
    }

    @Override
    public void drain() throws InterruptedException {
      calls.add("drain role" + loopState() + pages());
    }

    @Override
    public void close() {
      calls.add("close role" + loopState() + pages());
    }
  }

  private static final class NoTicker implements Ticker {
    @Override
    public void onTick(long nowNanos) {}

    @Override
    public void onSuspended(long nanos) {}
  }

  @AfterEach
  void close() {
    loop.close();
    metrics.close();
  }

  @Test
  void theAdminPagesStartFirst() throws Exception {
    AutoCloseable running = runtime.start(role);

    assertThat(calls).containsExactly("start role, pages ready", "start session");
    running.close();
  }

  @Test
  void aTakenAdminPortLeavesNothingBehind() throws IOException {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      RoleRuntime second = runtimeOn(other.getLocalPort());

      assertThatThrownBy(() -> second.start(role))
          .isInstanceOf(StartException.class)
          .hasMessageContaining("--admin-port");
    }

    assertThat(calls).as("calls of role and session").isEmpty();
    assertThat(metrics.registry().isClosed()).isTrue();
    await().until(() -> Thread.getAllStackTraces().keySet().stream().noneMatch(this::isOurs));
  }

  private boolean isOurs(Thread thread) {
    return thread.getName().startsWith("admin") || thread.getName().equals("test loop");
  }

  @Test
  void theSessionIsReadyWhileItIsHealthy() throws Exception {
    AutoCloseable running = runtime.start(role);
    session.state(new SessionState(true, true, true));

    assertThat(page("/readyz")).contains("\"name\":\"rabbitmq\",\"ready\":false").contains("alarm");
    running.close();
  }

  @Test
  void theMetricsSayWhetherTheProcessIsReady() throws Exception {
    AutoCloseable running = runtime.start(role);
    assertThat(page("/metrics")).contains("longcut_ready 1.0");

    session.state(new SessionState(true, false, false));

    assertThat(page("/metrics")).contains("longcut_ready 0.0");
    running.close();
  }

  @Test
  void theProcessIsDrainedThenClosedWithTheAdminPagesLast() throws Exception {
    AutoCloseable running = runtime.start(role);
    int adminPort = runtime.adminPort();
    calls.clear();

    running.close();

    assertThat(calls)
        .containsExactly(
            "drain role, loop runs, pages stopping",
            "flush session",
            "close session",
            "close role, loop runs, pages stopping");
    assertThat(loopState()).isEqualTo(", loop closed");
    assertThat(metrics.registry().isClosed()).isTrue();
    assertThatThrownBy(() -> get(adminPort, "/healthz")).isInstanceOf(IOException.class);
  }

  @Test
  void theProcessPagesAreServed() throws Exception {
    AutoCloseable running = runtime.start(role);

    assertThat(page("/api/process")).contains("\"id\":\"broker.b-aaaaaa\"");
    assertThat(page("/api/config")).isEqualTo("the settings\n");
    running.close();
  }

  private String loopState() {
    try {
      return loop.executeAndWait(() -> {}, LOOP_TIMEOUT) ? ", loop runs" : ", loop closed";
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private String pages() {
    String readyz = page("/readyz");
    return readyz.contains("the process is stopping") ? ", pages stopping" : ", pages ready";
  }

  private String page(String path) {
    try {
      return get(runtime.adminPort(), path);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static String get(int port, String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    return HTTP.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
  }
}
