package io.github.httplongcut.upstream.http;

import static io.github.httplongcut.upstream.http.Examples.get;
import static io.github.httplongcut.upstream.http.Examples.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.upstream.http.HttpCaller.Result;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Endless streams: the agent refuses them by their head, since the relay needs whole responses. */
final class EndlessContentTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Type: text/event-stream\r\n",
        "Content-Type: Text/Event-Stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n",
        "Content-Type: text/event-stream ;charset=utf-8\r\nConnection: close\r\n",
        "Content-Type: multipart/x-mixed-replace;boundary=frame\r\n",
      })
  void streamIsRefusedAtItsHeadAndItsConnectionClosed(String fields) throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    RawServer.Script streaming =
        connection -> {
          connection.readRequest();
          connection.write("HTTP/1.1 200 OK\r\n" + fields + "\r\n");
          try {
            connection.awaitEnd();
          } finally {
            closed.countDown();
          }
        };
    try (Calls calls = new Calls(streaming)) {
      Result.Failed failed = calls.failure(get("/events"));

      assertThat(failed.failure()).isEqualTo(Failure.NOT_IMPLEMENTED);
      assertThat(failed.message()).contains("an endless stream").contains("/");
      assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void headResponseOfAStreamIsRelayed() throws Exception {
    try (Calls calls =
        Calls.answering("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")) {
      assertThat(calls.response(request("HEAD", "/", Body.ABSENT)).headers().first("Content-Type"))
          .contains("text/event-stream");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "200 OK|Content-Type: text/event-stream|Content-Length: 2||ok",
        "200 OK|Content-Type: application/x-ndjson||ok",
        "200 OK|Content-Type: text/event-stream-not||ok",
        "200 OK||ok",
      })
  void finiteContentIsRelayed(String response) throws Exception {
    try (Calls calls = Calls.answeringThenClosing("HTTP/1.1 " + response.replace("|", "\r\n"))) {
      assertThat(calls.response(get("/")).body()).isEqualTo(Body.ofText("ok"));
    }
  }

  /** A 204 tells a browser's EventSource not to reconnect. */
  @Test
  void noContentWithAStreamTypeIsRelayed() throws Exception {
    try (Calls calls =
        Calls.answering("HTTP/1.1 204 No Content\r\nContent-Type: text/event-stream\r\n\r\n")) {
      assertThat(calls.response(get("/")).statusCode()).isEqualTo(204);
    }
  }
}
