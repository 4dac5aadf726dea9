package io.github.httplongcut.upstream;

import static io.github.httplongcut.upstream.Examples.get;
import static io.github.httplongcut.upstream.Examples.headers;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.upstream.HttpCaller.Result;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The words for a server's operator, and what is lenient enough to need none. */
final class AnswerFaultTest {

  private static final String OK = "HTTP/1.1 200 OK\r\n";
  private static final String CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";

  private static Stream<Arguments> faults() {
    return Stream.of(
        fault("", "closed the connection before it answered"),
        fault("SSH-2.0-x\r\n", "its first line is no status line of HTTP/1: \"SSH-2.0-x\""),
        fault("ICY 200 OK\r\n\r\n", "its first line is no status line of HTTP/1: \"ICY 200 OK\""),
        fault("http/1.1 200 OK\r\n\r\n", "no status line of HTTP/1: \"http/1.1 200 OK\""),
        fault("HTTP/1.1 2000 OK\r\n\r\n", "no status line of HTTP/1: \"HTTP/1.1 2000 OK\""),
        fault("HTTP/1.1 200OK\r\n\r\n", "no status line of HTTP/1: \"HTTP/1.1 200OK\""),
        fault("HTTP/1.1 000 x\r\n\r\n", "its status is not between 100 and 999: \"HTTP/1.1 000 x"),
        fault("HTTP/1.1 099 x\r\n\r\n", "its status is not between 100 and 999: \"HTTP/1.1 099 x"),
        fault("HTTP/2 200\r\n\r\n", "its version is not HTTP/1: \"HTTP/2 200\""),
        fault("HTTP/3.0 200 OK\r\n\r\n", "its version is not HTTP/1: \"HTTP/3.0 200 OK\""),
        fault("<html>hi</html>", "no status line of HTTP/1: \"<html>hi</html>\""),
        fault("\0\0\4\5", "no status line of HTTP/1: \"\\u0000\\u0000\\u0004\\u0005\""),
        fault("\25\3\1\0\2\2\106", "it is TLS: should the target's url begin with \"https:\"?"),
        fault("HTTP/1.1 20", "closed the connection in the middle of its answer"),
        fault(OK + "nocolon\r\n\r\n", "a line of its header has no name and colon: \"nocolon\""),
        fault(OK + ": b\r\n\r\n", "a line of its header has no name and colon: \": b\""),
        fault(OK + "X A: secret\r\n\r\n", "has a space or a control character: \"X A\""),
        fault(OK + "X\1A: b\r\n\r\n", "has a space or a control character: \"X\\u0001A\""),
        fault(OK + "Content-Length: 9\r\n\r\nab", "expected: 9; received: 2"),
        fault(CHUNKED + "xyz\r\n", "its chunks are malformed: \"Bad chunk header: xyz\""),
        fault(
            CHUNKED + "3\r\nabcde\r\n", "its chunks are malformed: \"CRLF expected at end of chu"),
        fault(CHUNKED + "3\r\nabc\r\n", "in the middle of its answer: \"Premature end of chunk"),
        fault(CHUNKED + "9\r\nab", "in the middle of its answer: \"Truncated chunk"));
  }

  private static Arguments fault(String answer, String words) {
    return Arguments.of(answer, words);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void faultIsNamedInWords(String answer, String words) throws IOException {
    try (Calls calls = Calls.answeredThenClosed(answer)) {
      Result.Failed failed = calls.failure(get("/"));

      assertThat(failed.failure()).isEqualTo(Failure.UPSTREAM_PROTOCOL_ERROR);
      assertThat(failed.message())
          .startsWith("upstream target 'orders': localhost:" + calls.server().port())
          .contains(words)
          .doesNotContain("secret");
    }
  }

  @Test
  void resetIsNotCalledAClose() throws IOException {
    RawServer.Script resetting =
        connection -> {
          connection.readRequest();
          connection.reset();
        };
    try (Calls calls = new Calls(resetting)) {
      assertThat(calls.failure(get("/")).message()).contains("reset the connection before it");
    }
  }

  @Test
  void textOfTheServerIsCutAndEscaped() throws IOException {
    String line = "X\u001b[31m\u0085" + "y".repeat(5_000);
    try (Calls calls = Calls.answeredThenClosed(OK + line + "\r\n\r\n")) {
      assertThat(calls.failure(get("/")).message())
          .hasSizeLessThan(400)
          .contains("X\\u001b[31m\\u0085yyy")
          .matches("[\\x20-\\x7e…]*");
    }
  }

  /** RFC 9110 section 5.1: a name is a token; nginx passes such a field on, Undertow cannot. */
  @ParameterizedTest
  @ValueSource(strings = {"X(A)", "X/A", "X-\u00e4", "X@A", "\"X\""})
  void fieldWhoseNameIsNoTokenIsDropped(String name) throws IOException {
    try (Calls calls = Calls.answered(OK + name + ": b\r\nY: c\r\nContent-Length: 2\r\n\r\nok")) {
      assertThat(calls.answer(get("/")))
          .isEqualTo(
              new Response(200, headers("Y", "c", "Content-Length", "2"), Body.ofText("ok")));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1  200  OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\n\r\nok",
        "HTTP/1.1 102 x\r\n\r\nHTTP/1.1 199 y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      })
  void oddHeadsAreRead(String answer) throws IOException {
    try (Calls calls = Calls.answered(answer)) {
      assertThat(calls.answer(get("/")).body()).isEqualTo(Body.ofText("ok"));
    }
  }
}
