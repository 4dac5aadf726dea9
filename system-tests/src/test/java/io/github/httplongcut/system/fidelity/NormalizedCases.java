package io.github.httplongcut.system.fidelity;

import static io.github.httplongcut.system.fidelity.Case.head;

import io.github.httplongcut.system.fidelity.ServerAnswer.Then;
import java.util.stream.Stream;

/**
 * What is not quite HTTP and goes on as it should have been, where RFC 9112 lets a recipient
 * choose; and chunks that are none, where Undertow takes what it can or gives the connection up.
 */
final class TidiedCases {

  private static final String HOST = "Host: caller.example";
  private static final String POST = "POST / HTTP/1.1";
  private static final String OK = "HTTP/1.1 200 OK";
  private static final String CHUNKED = "Transfer-Encoding: chunked";

  private TidiedCases() {}

  static Stream<Case> all() {
    return Stream.of(requests(), answers(), badChunks()).flatMap(cases -> cases);
  }

  private static Stream<Case> requests() {
    return Stream.of(
        said(
            "obs-fold (RFC 9112 section 5.2)",
            head(POST, HOST, "X-A: b", " folded"),
            head(POST, HOST, "X-A: b folded")),
        said(
            "obs-fold of tabs",
            head(POST, HOST, "X-A: b", "\t\tfolded"),
            head(POST, HOST, "X-A: b \tfolded")),
        said(
            "more than a chunk size",
            head(POST, HOST, CHUNKED) + "3 3\r\nabc\r\n0\r\n\r\n",
            head(POST, HOST, CHUNKED) + "3\r\nabc\r\n0\r\n\r\n"),
        said(
            "no CRLF behind a chunk",
            head(POST, HOST, CHUNKED) + "3\r\nabcdef\r\n0\r\n\r\n",
            head(POST, HOST, CHUNKED) + "3\r\nabc\r\n0\r\n\r\n"));
  }

  private static Case said(String name, String says, String shouldHaveSaid) {
    return Case.of("tidied: " + name, says).tidiedTo(Case.of(name, shouldHaveSaid));
  }

  private static Stream<Case> answers() {
    return Stream.of(
        heard(
            "a length and chunks (RFC 9112 section 6.3)",
            head(OK, "Content-Length: 9", CHUNKED) + "3\r\nabc\r\n0\r\n\r\n",
            head(OK, CHUNKED) + "3\r\nabc\r\n0\r\n\r\n"),
        heard(
            "equal lengths (RFC 9112 section 6.3)",
            head(OK, "Content-Length: 3", "Content-Length: 3") + "abc",
            head(OK, "Content-Length: 3") + "abc"),
        heard(
            "a list of equal lengths (RFC 9112 section 6.3)",
            head(OK, "Content-Length: 3, 3") + "abc",
            head(OK, "Content-Length: 3") + "abc"),
        heard(
            "identity (RFC 2616 section 3.6)",
            head(OK, "Transfer-Encoding: identity") + "abc",
            head(OK) + "abc"),
        heard(
            "chunked twice",
            head(OK, CHUNKED, CHUNKED) + "3\r\nabc\r\n0\r\n\r\n",
            head(OK, CHUNKED) + "3\r\nabc\r\n0\r\n\r\n"),
        heard(
            "a name that is no token (RFC 9110 section 5.1)",
            head(OK, "X(A): b", "Content-Length: 0"),
            head(OK, "Content-Length: 0")),
        heard(
            "no end of the trailers (RFC 9112 section 8)",
            head(OK, CHUNKED) + "3\r\nabc\r\n0\r\n",
            head(OK, CHUNKED) + "3\r\nabc\r\n0\r\n\r\n"),
        heard(
            "obs-fold of an answer (RFC 9112 section 5.2)",
            head(OK, "X-A: b", "   folded", "Content-Length: 0"),
            head(OK, "X-A: b folded", "Content-Length: 0")),
        heard(
            "NUL in an answer's value (RFC 9110 section 5.5)",
            head(OK, "X-A: b\u0000c", "Content-Length: 0"),
            head(OK, "X-A: b c", "Content-Length: 0")),
        heard(
            "bare LF in an answer (RFC 9112 section 2.2)",
            head(OK, "X-A: b", "Content-Length: 0").replace("\r", ""),
            head(OK, "X-A: b", "Content-Length: 0")),
        heard(
            "more than the length says",
            head(OK, "Content-Length: 3") + "abcdef",
            head(OK, "Content-Length: 3") + "abc"));
  }

  private static Case heard(String name, String answer, String shouldHaveBeen) {
    String get = head("GET / HTTP/1.1", HOST);
    return Case.of("tidied: " + name, get)
        .answer(answer)
        .then(Then.CLOSE)
        .tidiedTo(Case.of(name, get).answer(shouldHaveBeen).then(Then.CLOSE));
  }

  private static Stream<Case> badChunks() {
    return Stream.of("xyz\r\nabc", "\r\nabc", "-1\r\nabc", "fffffffffffffffff\r\nabc")
        .map(
            chunk ->
                Case.of(
                        "cut off: chunk size " + chunk.strip(),
                        head(POST, HOST, CHUNKED) + chunk + "\r\n0\r\n\r\n")
                    .cutOff());
  }
}
