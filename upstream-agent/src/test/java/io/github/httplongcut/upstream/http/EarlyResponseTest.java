package io.github.httplongcut.upstream.http;

import static io.github.httplongcut.upstream.http.Examples.post;
import static io.github.httplongcut.upstream.http.Examples.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Servers that answer an upload before they have read it, and close, which makes TCP reset. */
final class EarlyResponseTest {

  /** Repetitions, since it is random whether a write or a read sees the reset first. */
  private static final int ROUNDS = 50;

  private static final Request UPLOAD = request("PUT", "/", Body.of(new byte[1 << 20]));

  private static Stream<Arguments> refusals() {
    return Stream.of("413 Content Too Large", "401 Unauthorized", "503 Service Unavailable")
        .flatMap(
            status ->
                Stream.of(
                        "Content-Length: 4\r\n\r\nbody",
                        "Connection: close\r\nContent-Length: 4\r\n\r\nbody",
                        "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
                        "Connection: close\r\n\r\nbody")
                    .map(rest -> Arguments.of(status, rest)));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void refusalOfAServerThatClosesAtOnceIsRelayed(String status, String rest) throws IOException {
    RawServer.Script refusing =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 " + status + "\r\n" + rest);
        };
    try (Calls calls = new Calls(refusing)) {
      for (int i = 0; i < ROUNDS; i++) {
        Response response = calls.response(UPLOAD);

        assertThat(response.statusCode()).isEqualTo(Integer.parseInt(status.substring(0, 3)));
        assertThat(response.body()).isEqualTo(Body.ofText("body"));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void refusalOfAServerThatClosesLaterIsRelayed(String status, String rest) throws IOException {
    RawServer.Script lingering =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 " + status + "\r\n" + rest);
          connection.closeOutput();
          connection.awaitEnd();
        };
    try (Calls calls = new Calls(lingering)) {
      assertThat(calls.response(UPLOAD).body()).isEqualTo(Body.ofText("body"));
    }
  }

  /** The server may be about to close the connection, which could make the next request fail. */
  @Test
  void connectionOfARefusedUploadIsNotReused() throws IOException {
    try (Calls calls = Calls.answering("HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n")) {
      calls.response(UPLOAD);
      calls.response(UPLOAD);

      assertThat(calls.server().connections()).isEqualTo(2);
    }
  }

  @Test
  void connectionOfARefusedSmallRequestIsReused() throws IOException {
    try (Calls calls = Calls.answering("HTTP/1.1 422 No\r\nContent-Length: 0\r\n\r\n")) {
      calls.response(post("x"));
      calls.response(post("x"));

      assertThat(calls.server().connections()).isEqualTo(1);
    }
  }

  /** Tests a refusal that is longer than any buffer. */
  @Test
  void longRefusalIsReadToItsEnd() throws IOException {
    String body = "x".repeat(1000);
    RawServer.Script refusing =
        connection -> {
          connection.readHead();
          connection.write(
              "HTTP/1.1 413 No\r\nX: "
                  + "y".repeat(60_000)
                  + "\r\nContent-Length: 1000\r\n\r\n"
                  + body);
        };
    try (Calls calls = new Calls(refusing)) {
      for (int i = 0; i < ROUNDS; i++) {
        assertThat(calls.response(UPLOAD).body()).isEqualTo(Body.ofText(body));
      }
    }
  }

  @Test
  void earlySuccessIsRelayed() throws IOException {
    RawServer.Script early =
        connection -> {
          while (!connection.readHead().isEmpty()) {
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            connection.skip(1 << 20);
          }
        };
    try (Calls calls = new Calls(early)) {
      for (int i = 0; i < ROUNDS; i++) {
        assertThat(calls.response(UPLOAD).body()).isEqualTo(Body.ofText("ok"));
      }
    }
  }

  /** The request may have run, so the client does not retry it. */
  @ParameterizedTest
  @MethodSource("incompleteResponses")
  void incompleteResponseBeforeAResetIsAnError(String half) throws IOException {
    RawServer.Script breaking =
        connection -> {
          connection.readHead();
          connection.write(half);
          connection.reset();
        };
    try (Calls calls = new Calls(breaking)) {
      for (int i = 0; i < ROUNDS; i++) {
        assertThat(calls.failure(UPLOAD).failure()).isEqualTo(Failure.UPSTREAM_PROTOCOL_ERROR);
      }
      assertThat(calls.server().connections()).isEqualTo(ROUNDS);
    }
  }

  private static Stream<String> incompleteResponses() {
    return Stream.of(
        "",
        "HTTP/1.1 413 No\r\nContent-Length: 5\r\n\r\nbody",
        "HTTP/1.1 413 No\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n",
        "HTTP/1.1 200 OK\r\n\r\nbody");
  }
}
