package io.github.httplongcut.upstream;

import static io.github.httplongcut.upstream.Examples.get;
import static io.github.httplongcut.upstream.Examples.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.upstream.HttpCaller.Result;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams that never end, which a relay of whole answers refuses at their head. */
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
      assertThat(failed.message()).contains("a stream that does not end").contains("/");
      assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void headOfAStreamIsAnswered() throws Exception {
    try (Calls calls =
        Calls.answered("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")) {
      assertThat(calls.answer(request("HEAD", "/", Body.ABSENT)).headers().first("Content-Type"))
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
  void whatEndsIsAnswered(String answer) throws Exception {
    try (Calls calls = Calls.answeredThenClosed("HTTP/1.1 " + answer.replace("|", "\r\n"))) {
      assertThat(calls.answer(get("/")).body()).isEqualTo(Body.ofText("ok"));
    }
  }

  /** It tells an EventSource not to connect again. */
  @Test
  void noContentIsNoStream() throws Exception {
    try (Calls calls =
        Calls.answered("HTTP/1.1 204 No Content\r\nContent-Type: text/event-stream\r\n\r\n")) {
      assertThat(calls.answer(get("/")).statusCode()).isEqualTo(204);
    }
  }
}
