package io.github.httplongcut.upstream.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.upstream.http.HttpCaller.Result;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** An {@link UpstreamClient} with one target, whose server is a {@link RawServer}. */
final class Calls implements AutoCloseable {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final RawServer server;
  private final UpstreamClient client;

  /** Creates calls to a server that runs these scripts, one per connection. */
  Calls(RawServer.Script... scripts) throws IOException {
    server = RawServer.running(scripts);
    TargetConfig target = Examples.config("http://localhost:" + server.port());
    client = new UpstreamClient(List.of(target), registry);
    client.start();
  }

  /** Creates calls to a server that answers with these bytes and closes the connection. */
  static Calls answeringThenClosing(String response) throws IOException {
    return new Calls(
        connection -> {
          connection.readRequest();
          connection.write(response);
        });
  }

  /** Creates calls to a server that answers every request with these bytes, on open connections. */
  static Calls answering(String response) throws IOException {
    return new Calls(
        connection -> {
          while (connection.readRequest()) {
            connection.write(response);
          }
        });
  }

  RawServer server() {
    return server;
  }

  MeterRegistry registry() {
    return registry;
  }

  UpstreamClient client() {
    return client;
  }

  Result call(Request request) {
    CompletableFuture<Result> result = new CompletableFuture<>();
    client.call("orders", request.url(), request, HttpCaller.Purpose.RELAY, result::complete);
    return result.orTimeout(10, TimeUnit.SECONDS).join();
  }

  Response response(Request request) {
    Result result = call(request);
    assertThat(result).isInstanceOf(Result.Answered.class);
    return ((Result.Answered) result).response();
  }

  Result.Failed failure(Request request) {
    Result result = call(request);
    assertThat(result).isInstanceOf(Result.Failed.class);
    return (Result.Failed) result;
  }

  @Override
  public void close() throws IOException {
    client.close();
    server.close();
  }
}
