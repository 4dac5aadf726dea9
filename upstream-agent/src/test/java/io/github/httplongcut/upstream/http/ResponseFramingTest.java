package io.github.httplongcut.upstream.http;

import static io.github.httplongcut.upstream.http.Examples.get;
import static io.github.httplongcut.upstream.http.Examples.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.upstream.http.HttpCaller.Result;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lengths and transfer codings that real servers send; {@code |} stands for CRLF. */
final class ResponseFramingTest {

  private static final String CHUNKS = "3\r\nabc\r\n0\r\n\r\n";

  private static String head(String fields) {
    return "HTTP/1.1 200 OK\r\n" + fields.replace("|", "\r\n") + "\r\n\r\n";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 3|Content-Length: 3",
        "Content-Length: 3|content-length: 3|CONTENT-LENGTH: 3",
        "Content-Length: 3, 3",
        "Content-Length: 3,3 |Content-Length: 3",
        "Content-Length: 3|Content-Length: 03",
        "Content-Length:   3  ",
      })
  void equalLengthsCountAsOne(String lengths) throws IOException {
    try (Calls calls = Calls.answering(head(lengths) + "abc")) {
      Response response = calls.response(get("/"));

      assertThat(response.body()).isEqualTo(Body.ofText("abc"));
      assertThat(response.headers().all("Content-Length")).containsExactly("3");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '>',
      value = {
        "Content-Length: 3|Content-Length: 5> two different Content-Length values: \"3\" and \"5\"",
        "Content-Length: 3, 5> two different Content-Length values: \"3\" and \"5\"",
        "Content-Length: 3|Content-Length: x> its Content-Length is not a number: \"x\"",
        "Content-Length: +3> its Content-Length is not a number: \"+3\"",
        "Content-Length: -3> its Content-Length is not a number: \"-3\"",
        "Content-Length: 0x3> its Content-Length is not a number: \"0x3\"",
        "Content-Length: 3 bytes> its Content-Length is not a number: \"3 bytes\"",
        "Content-Length: \u0663> its Content-Length is not a number: \"",
        "Content-Length: 3,> its Content-Length is not a number: \"\"",
        "Content-Length:> its Content-Length is not a number: \"\"",
        "Transfer-Encoding: gzip> its Transfer-Encoding is not \"chunked\"",
        "Transfer-Encoding: gzip, chunked> offered no other: \"gzip, chunked\"",
        "Transfer-Encoding: chunked|Transfer-Encoding: gzip> offered no other: \"chunked, gzip\"",
        "Transfer-Encoding: x|Content-Length: 3> offered no other: \"x\"",
      })
  void errorNamesTheFaultOfTheFraming(String fields, String words) throws IOException {
    try (Calls calls = Calls.answering(head(fields) + "abcde")) {
      Result.Failed failed = calls.failure(get("/"));

      assertThat(failed.failure()).isEqualTo(Failure.UPSTREAM_PROTOCOL_ERROR);
      assertThat(failed.message())
          .contains("localhost:" + calls.server().port())
          .contains("sent a response that is not valid HTTP/1.1: ")
          .contains(words);
    }
  }

  @Test
  void lengthThatFitsNoLongIsTooLarge() throws IOException {
    try (Calls calls = Calls.answering(head("Content-Length: " + "9".repeat(30)))) {
      assertThat(calls.failure(get("/")).failure()).isEqualTo(Failure.RESPONSE_TOO_LARGE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"identity", "Identity", "", "identity, identity", ","})
  void identityEndsWithTheConnection(String coding) throws IOException {
    try (Calls calls = Calls.answeringThenClosing(head("Transfer-Encoding: " + coding) + "abc")) {
      Response response = calls.response(get("/"));

      assertThat(response.body()).isEqualTo(Body.ofText("abc"));
      assertThat(response.headers().contains("Transfer-Encoding")).isFalse();
    }
  }

  @Test
  void identityWithALengthEndsAtTheLength() throws IOException {
    try (Calls calls =
        Calls.answering(head("Transfer-Encoding: identity|Content-Length: 3") + "abc")) {
      assertThat(calls.response(get("/")).body()).isEqualTo(Body.ofText("abc"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Transfer-Encoding: chunked|Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked, Chunked",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: identity|Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked|Content-Length: 9",
        "Content-Length: 9|Content-Length: 8|Transfer-Encoding: chunked",
        "Content-Length: x|Transfer-Encoding: chunked",
      })
  void unusualChunkedFieldsAreAccepted(String fields) throws IOException {
    try (Calls calls = Calls.answering(head(fields) + CHUNKS)) {
      for (int i = 0; i < 2; i++) {
        Response response = calls.response(get("/"));

        assertThat(response.body()).isEqualTo(Body.ofText("abc"));
        assertThat(response.headers().contains("Content-Length")).isFalse();
      }
      assertThat(calls.server().connections()).as("never reused").isEqualTo(2);
    }
  }

  @Test
  void chunksInHttp10AreReadOnAConnectionThatIsNotReused() throws IOException {
    String response =
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS;
    try (Calls calls = Calls.answering(response)) {
      for (int i = 0; i < 2; i++) {
        assertThat(calls.response(get("/")).body()).isEqualTo(Body.ofText("abc"));
      }
      assertThat(calls.server().connections()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @CsvSource({"HEAD, 200 OK", "GET, 304 Not Modified", "HEAD, 304 Not Modified"})
  void equalLengthsOfAResponseWithoutContentCountAsOne(String method, String status)
      throws IOException {
    String response =
        "HTTP/1.1 " + status + "\r\nContent-Length: 9, 9\r\nContent-Length: 9\r\n\r\n";
    try (Calls calls = Calls.answering(response)) {
      assertThat(calls.response(request(method, "/", Body.ABSENT)).headers().all("Content-Length"))
          .containsExactly("9");
    }
  }

  @Test
  void differentLengthsAreAnErrorForHeadToo() throws IOException {
    try (Calls calls = Calls.answering(head("Content-Length: 3|Content-Length: 5"))) {
      assertThat(calls.failure(request("HEAD", "/", Body.ABSENT)).message())
          .contains("two different Content-Length values");
    }
  }

  @Test
  void lengthOf204IsIgnored() throws IOException {
    String response = "HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n";
    try (Calls calls = Calls.answering(response)) {
      assertThat(calls.response(get("/")).statusCode()).isEqualTo(204);
    }
  }
}
