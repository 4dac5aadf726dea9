package io.github.httplongcut.system.fidelity;

import static io.github.httplongcut.system.fidelity.Case.head;

import io.github.httplongcut.system.fidelity.ServerAnswer.Then;
import java.util.stream.Stream;

/**
 * Malformed messages that the relay normalizes, where RFC 9112 leaves the choice to the recipient.
 * Also malformed chunks, which Undertow either reads leniently or answers by closing the
 * connection.
 */
final class NormalizedCases {

  private static final String HOST = "Host: caller.example";
  private static final String POST = "POST / HTTP/1.1";
  private static final String OK = "HTTP/1.1 200 OK";
  private static final String CHUNKED = "Transfer-Encoding: chunked";

  private NormalizedCases() {}

  static Stream<Case> all() {
    return Stream.of(requests(), responses(), badChunks()).flatMap(cases -> cases);
  }

  private static Stream<Case> requests() {
    return Stream.of(
        request(
            "obs-fold (RFC 9112 section 5.2)",
            head(POST, HOST, "X-A: b", " folded"),
            head(POST, HOST, "X-A: b folded")),
        request(
            "obs-fold of tabs",
            head(POST, HOST, "X-A: b", "\t\tfolded"),
            head(POST, HOST, "X-A: b \tfolded")),
        request(
            "text after a chunk size",
            head(POST, HOST, CHUNKED) + "3 3\r\nabc\r\n0\r\n\r\n",
            head(POST, HOST, CHUNKED) + "3\r\nabc\r\n0\r\n\r\n"),
        request(
            "no CRLF after a chunk",
            head(POST, HOST, CHUNKED) + "3\r\nabcdef\r\n0\r\n\r\n",
            head(POST, HOST, CHUNKED) + "3\r\nabc\r\n0\r\n\r\n"));
  }

  private static Case request(String name, String sends, String normalized) {
    return Case.of("normalized: " + name, sends).normalizedTo(Case.of(name, normalized));
  }

  private static Stream<Case> responses() {
    return Stream.of(
        response(
            "a length and chunks (RFC 9112 section 6.3)",
            head(OK, "Content-Length: 9", CHUNKED) + "3\r\nabc\r\n0\r\n\r\n",
            head(OK, CHUNKED) + "3\r\nabc\r\n0\r\n\r\n"),
        response(
            "equal lengths (RFC 9112 section 6.3)",
            head(OK, "Content-Length: 3", "Content-Length: 3") + "abc",
            head(OK, "Content-Length: 3") + "abc"),
        response(
            "a list of equal lengths (RFC 9112 section 6.3)",
            head(OK, "Content-Length: 3, 3") + "abc",
            head(OK, "Content-Length: 3") + "abc"),
        response(
            "identity (RFC 2616 section 3.6)",
            head(OK, "Transfer-Encoding: identity") + "abc",
            head(OK) + "abc"),
        response(
            "chunked twice",
            head(OK, CHUNKED, CHUNKED) + "3\r\nabc\r\n0\r\n\r\n",
            head(OK, CHUNKED) + "3\r\nabc\r\n0\r\n\r\n"),
        response(
            "a name that is not a token (RFC 9110 section 5.1)",
            head(OK, "X(A): b", "Content-Length: 0"),
            head(OK, "Content-Length: 0")),
        response(
            "no end of the trailers (RFC 9112 section 8)",
            head(OK, CHUNKED) + "3\r\nabc\r\n0\r\n",
            head(OK, CHUNKED) + "3\r\nabc\r\n0\r\n\r\n"),
        response(
            "obs-fold in a response (RFC 9112 section 5.2)",
            head(OK, "X-A: b", "   folded", "Content-Length: 0"),
            head(OK, "X-A: b folded", "Content-Length: 0")),
        response(
            "NUL in a value of a response (RFC 9110 section 5.5)",
            head(OK, "X-A: b\u0000c", "Content-Length: 0"),
            head(OK, "X-A: b c", "Content-Length: 0")),
        response(
            "bare LF in a response (RFC 9112 section 2.2)",
            head(OK, "X-A: b", "Content-Length: 0").replace("\r", ""),
            head(OK, "X-A: b", "Content-Length: 0")),
        response(
            "more bytes than Content-Length",
            head(OK, "Content-Length: 3") + "abcdef",
            head(OK, "Content-Length: 3") + "abc"));
  }

  private static Case response(String name, String answer, String normalized) {
    String get = head("GET / HTTP/1.1", HOST);
    return Case.of("normalized: " + name, get)
        .answer(answer)
        .then(Then.CLOSE)
        .normalizedTo(Case.of(name, get).answer(normalized).then(Then.CLOSE));
  }

  private static Stream<Case> badChunks() {
    return Stream.of("xyz\r\nabc", "\r\nabc", "-1\r\nabc", "fffffffffffffffff\r\nabc")
        .map(
            chunk ->
                Case.of(
                        "connection closed: chunk size " + chunk.strip(),
                        head(POST, HOST, CHUNKED) + chunk + "\r\n0\r\n\r\n")
                    .connectionClosed());
  }
}
