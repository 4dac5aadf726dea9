package io.github.httplongcut.upstream.http;

import static io.github.httplongcut.upstream.http.Examples.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.upstream.http.HttpCaller.Purpose;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Meters of calls to a server. */
final class ServerMetricsTest {

  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  @Test
  void aCallIsMeasured() throws IOException {
    try (Calls calls = Calls.answering(OK)) {
      calls.response(get("/1"));
      calls.response(get("/2"));

      String requests = String.join("", calls.server().requests());
      MeterRegistry registry = calls.registry();
      await().until(() -> bytes(registry, "received") == 2 * OK.length());
      assertThat(bytes(registry, "sent")).isEqualTo(requests.length());
      assertThat(callsIn(registry, UpstreamStage.CONNECT)).isEqualTo(2);
      assertThat(callsIn(registry, UpstreamStage.CALL)).isEqualTo(2);
      assertThat(connections(registry, "idle")).isEqualTo(1);
      assertThat(connections(registry, "active")).isZero();
    }
  }

  @Test
  void aCallThatIsAbortedOnItsConnectionIsMeasured() throws Exception {
    CountDownLatch hasRequest = new CountDownLatch(1);
    try (Calls calls =
        new Calls(
            connection -> {
              connection.readRequest();
              hasRequest.countDown();
              connection.readRequest();
            })) {
      HttpCaller.Call call =
          calls.client().call("orders", "/", get("/"), Purpose.RELAY, result -> {});
      assertThat(hasRequest.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(connections(calls.registry(), "active")).isEqualTo(1);

      call.abort();

      assertThat(callsIn(calls.registry(), UpstreamStage.CALL)).isEqualTo(1);
      await().until(() -> connections(calls.registry(), "active") == 0);
      await().until(() -> bytes(calls.registry(), "sent") > 0);
    }
  }

  /** The retry connects and calls once more. */
  @Test
  void bothTriesOfARetriedCallAreMeasured() throws IOException {
    try (Calls calls =
        new Calls(
            connection -> {
              connection.readRequest();
              connection.write(OK);
              connection.readRequest();
            },
            connection -> {
              connection.readRequest();
              connection.write(OK);
            })) {
      calls.response(get("/1"));
      calls.response(get("/2"));

      assertThat(callsIn(calls.registry(), UpstreamStage.CONNECT)).isEqualTo(3);
      assertThat(callsIn(calls.registry(), UpstreamStage.CALL)).isEqualTo(3);
    }
  }

  @Test
  void aHealthCheckCountsForTheServerAndNotForTheRequests() throws Exception {
    try (Calls calls = Calls.answering(OK)) {
      CompletableFuture<HttpCaller.Result> result = new CompletableFuture<>();

      calls.client().call("orders", "/", get("/"), Purpose.HEALTH_CHECK, result::complete);
      result.get(10, TimeUnit.SECONDS);

      await().until(() -> bytes(calls.registry(), "received") == OK.length());
      assertThat(callsIn(calls.registry(), UpstreamStage.CONNECT)).isZero();
      assertThat(callsIn(calls.registry(), UpstreamStage.CALL)).isZero();
    }
  }

  @Test
  void aConnectionThatCannotBeOpenedIsCountedByTheReason() throws Exception {
    int closedPort;
    try (ServerSocket socket = new ServerSocket(0)) {
      closedPort = socket.getLocalPort();
    }
    assertThat(failureOf("http://127.0.0.1:" + closedPort)).isEqualTo("refused");
    assertThat(failureOf("http://no-such-host.invalid")).isEqualTo("unknown_host");
    try (RawServer plain = RawServer.running(connection -> connection.write("not TLS"))) {
      assertThat(failureOf("https://localhost:" + plain.port())).isEqualTo("tls");
    }
  }

  /** Returns the reason that was counted after a call to this server. */
  private static String failureOf(String url) throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (UpstreamClient client = new UpstreamClient(List.of(Examples.config(url)), registry)) {
      client.start();
      CompletableFuture<HttpCaller.Result> result = new CompletableFuture<>();
      client.call("orders", "/", get("/"), Purpose.RELAY, result::complete);
      result.get(10, TimeUnit.SECONDS);
    }
    return registry.get("longcut.upstream.connect.failures").counters().stream()
        .filter(each -> each.count() == 1)
        .map(each -> each.getId().getTag("reason"))
        .findFirst()
        .orElseThrow();
  }

  private static double bytes(MeterRegistry registry, String direction) {
    return registry.get("longcut.upstream." + direction).counter().count();
  }

  private static long callsIn(MeterRegistry registry, UpstreamStage stage) {
    return stage.register(registry).count();
  }

  private static double connections(MeterRegistry registry, String state) {
    return registry.get("longcut.upstream.connections").tag("state", state).gauge().value();
  }
}
