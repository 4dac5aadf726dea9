package io.github.httplongcut.upstream.http;

import static io.github.httplongcut.upstream.http.Examples.get;
import static io.github.httplongcut.upstream.http.Examples.headers;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.upstream.http.HttpCaller.Result;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Error messages for faulty responses, and unusual responses that are accepted. */
final class ResponseFaultTest {

  private static final String OK = "HTTP/1.1 200 OK\r\n";
  private static final String CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";

  private static Stream<Arguments> faults() {
    return Stream.of(
        fault("", "closed the connection before it sent a response"),
        fault("SSH-2.0-x\r\n", "its first line is not an HTTP/1 status line: \"SSH-2.0-x\""),
        fault("ICY 200 OK\r\n\r\n", "its first line is not an HTTP/1 status line: \"ICY 200 OK\""),
        fault("http/1.1 200 OK\r\n\r\n", "not an HTTP/1 status line: \"http/1.1 200 OK\""),
        fault("HTTP/1.1 2000 OK\r\n\r\n", "not an HTTP/1 status line: \"HTTP/1.1 2000 OK\""),
        fault("HTTP/1.1 200OK\r\n\r\n", "not an HTTP/1 status line: \"HTTP/1.1 200OK\""),
        fault(
            "HTTP/1.1 000 x\r\n\r\n",
            "its status code is not between 100 and 999: \"HTTP/1.1 000 x"),
        fault(
            "HTTP/1.1 099 x\r\n\r\n",
            "its status code is not between 100 and 999: \"HTTP/1.1 099 x"),
        fault("HTTP/2 200\r\n\r\n", "its HTTP version is not 1.x: \"HTTP/2 200\""),
        fault("HTTP/3.0 200 OK\r\n\r\n", "its HTTP version is not 1.x: \"HTTP/3.0 200 OK\""),
        fault("<html>hi</html>", "not an HTTP/1 status line: \"<html>hi</html>\""),
        fault("\0\0\4\5", "not an HTTP/1 status line: \"\\u0000\\u0000\\u0004\\u0005\""),
        fault(
            "\25\3\1\0\2\2\106",
            "it is TLS. If the server expects TLS, begin the target's url with \"https:\""),
        fault("HTTP/1.1 20", "closed the connection in the middle of its response"),
        fault(
            OK + "nocolon\r\n\r\n",
            "a header line does not begin with a name and a colon: \"nocolon\""),
        fault(OK + ": b\r\n\r\n", "a header line does not begin with a name and a colon: \": b\""),
        fault(OK + "X A: secret\r\n\r\n", "contains a space or a control character: \"X A\""),
        fault(OK + "X\1A: b\r\n\r\n", "contains a space or a control character: \"X\\u0001A\""),
        fault(OK + "Content-Length: 9\r\n\r\nab", "expected: 9; received: 2"),
        fault(CHUNKED + "xyz\r\n", "its chunked encoding is malformed: \"Bad chunk header: xyz\""),
        fault(
            CHUNKED + "3\r\nabcde\r\n",
            "its chunked encoding is malformed: \"CRLF expected at end of chu"),
        fault(CHUNKED + "3\r\nabc\r\n", "in the middle of its response: \"Premature end of chunk"),
        fault(CHUNKED + "9\r\nab", "in the middle of its response: \"Truncated chunk"));
  }

  private static Arguments fault(String response, String words) {
    return Arguments.of(response, words);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void errorNamesTheFault(String response, String words) throws IOException {
    try (Calls calls = Calls.answeringThenClosing(response)) {
      Result.Failed failed = calls.failure(get("/"));

      assertThat(failed.failure()).isEqualTo(Failure.UPSTREAM_PROTOCOL_ERROR);
      assertThat(failed.message())
          .startsWith("upstream target 'orders': localhost:" + calls.server().port())
          .contains(words)
          .doesNotContain("secret");
    }
  }

  @Test
  void resetIsReportedAsAReset() throws IOException {
    RawServer.Script resetting =
        connection -> {
          connection.readRequest();
          connection.reset();
        };
    try (Calls calls = new Calls(resetting)) {
      assertThat(calls.failure(get("/")).message())
          .contains("reset the connection before it sent a response");
    }
  }

  @Test
  void textOfTheServerIsCutAndEscaped() throws IOException {
    String line = "X\u001b[31m\u0085" + "y".repeat(5_000);
    try (Calls calls = Calls.answeringThenClosing(OK + line + "\r\n\r\n")) {
      assertThat(calls.failure(get("/")).message())
          .hasSizeLessThan(400)
          .contains("X\\u001b[31m\\u0085yyy")
          .matches("[\\x20-\\x7e…]*");
    }
  }

  /** Names are tokens (RFC 9110 section 5.1). nginx forwards other names; Undertow cannot. */
  @ParameterizedTest
  @ValueSource(strings = {"X(A)", "X/A", "X-\u00e4", "X@A", "\"X\""})
  void fieldWithAnInvalidNameIsDropped(String name) throws IOException {
    try (Calls calls = Calls.answering(OK + name + ": b\r\nY: c\r\nContent-Length: 2\r\n\r\nok")) {
      assertThat(calls.response(get("/")))
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
  void unusualHeadsAreAccepted(String response) throws IOException {
    try (Calls calls = Calls.answering(response)) {
      assertThat(calls.response(get("/")).body()).isEqualTo(Body.ofText("ok"));
    }
  }
}
