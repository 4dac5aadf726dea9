package io.github.httplongcut.system.fidelity;

import static io.github.httplongcut.system.fidelity.Case.head;

import io.github.httplongcut.system.fidelity.ServerAnswer.Then;
import java.util.stream.Stream;

/**
 * Faults of an upstream server. The caller must get an error code, never a truncated response with
 * status 200. Each case sends a POST, which must reach the server exactly once.
 */
final class FaultCases {

  private static final String OK = "HTTP/1.1 200 OK";
  private static final String CHUNKED = "Transfer-Encoding: chunked";

  private FaultCases() {}

  static Stream<Case> all() {
    return Stream.of(brokenOff(), notHttp(), limits()).flatMap(cases -> cases);
  }

  private static Stream<Case> brokenOff() {
    return Stream.of(
        fault("no response", "", Then.CLOSE),
        fault("a reset instead of a response", "", Then.RESET),
        fault("half a status line", "HTTP/1.1 20", Then.CLOSE),
        fault("half the fields", OK + "\r\nContent-Type: text/pl", Then.CLOSE),
        fault("no end of the fields", OK + "\r\nContent-Length: 0\r\n", Then.CLOSE),
        fault("a short body", head(OK, "Content-Length: 10") + "abc", Then.CLOSE),
        fault("a short body, then a reset", head(OK, "Content-Length: 10") + "abc", Then.RESET),
        fault("half a chunk", head(OK, CHUNKED) + "a\r\nabc", Then.CLOSE),
        fault("no last chunk", head(OK, CHUNKED) + "3\r\nabc\r\n", Then.CLOSE),
        fault("only an interim response", head("HTTP/1.1 100 Continue"), Then.CLOSE),
        fault("silence", "", Then.SILENCE).fails(504, "upstream_timeout"),
        fault("silence within the body", head(OK, "Content-Length: 5") + "abc", Then.SILENCE)
            .fails(504, "upstream_timeout"));
  }

  private static Stream<Case> notHttp() {
    return Stream.of(
        fault("garbage", "\u0000\u0001\u0002\u00ff\u00fe garbage\r\n\r\n", Then.CLOSE),
        fault("SSH", "SSH-2.0-OpenSSH_9.2\r\n", Then.CLOSE),
        fault("HTTP/0.9", "<html>hello</html>", Then.CLOSE),
        fault("HTTP/2", head("HTTP/2 200 OK", "Content-Length: 0"), Then.CLOSE),
        fault("a status of two digits", head("HTTP/1.1 20 OK", "Content-Length: 0"), Then.CLOSE),
        fault("a status of four digits", head("HTTP/1.1 2000 OK", "Content-Length: 0"), Then.CLOSE),
        fault("status 099", head("HTTP/1.1 099 Own", "Content-Length: 0"), Then.CLOSE),
        fault("a status of no number", head("HTTP/1.1 abc OK", "Content-Length: 0"), Then.CLOSE),
        fault("a field without a colon", head(OK, "no-colon", "Content-Length: 0"), Then.CLOSE),
        fault("a field without a name", head(OK, ": a", "Content-Length: 0"), Then.CLOSE),
        fault("a space in a name", head(OK, "X A: b", "Content-Length: 0"), Then.CLOSE),
        fault("a length of no number", head(OK, "Content-Length: abc") + "abc", Then.CLOSE),
        fault("a length below zero", head(OK, "Content-Length: -3") + "abc", Then.CLOSE),
        fault(
            "two lengths",
            head(OK, "Content-Length: 3", "Content-Length: 5") + "abcde",
            Then.KEEP_ALIVE),
        fault("a length with a sign", head(OK, "Content-Length: +3") + "abc", Then.CLOSE),
        fault("no length", head(OK, "Content-Length:") + "abc", Then.CLOSE),
        fault(
            "a list of lengths that differ",
            head(OK, "Content-Length: 3, 5") + "abcde",
            Then.KEEP_ALIVE),
        fault(
            "a coding before chunks",
            head(OK, "Transfer-Encoding: gzip, chunked") + "3\r\nabc\r\n0\r\n\r\n",
            Then.CLOSE),
        endless("server-sent events", "Content-Type: text/event-stream;charset=utf-8"),
        endless("pictures of a camera", "Content-Type: multipart/x-mixed-replace;boundary=a"),
        fault("an unknown coding", head(OK, "Transfer-Encoding: gzip") + "abc", Then.CLOSE),
        fault("a bad chunk size", head(OK, CHUNKED) + "xyz\r\nabc\r\n0\r\n\r\n", Then.CLOSE),
        fault("no CRLF behind a chunk", head(OK, CHUNKED) + "3\r\nabcdef\r\n0\r\n\r\n", Then.CLOSE),
        fault("101", head("HTTP/1.1 101 Switching Protocols", "Upgrade: x"), Then.SILENCE));
  }

  private static Case endless(String name, String contentType) {
    return fault(name, head(OK, contentType), Then.SILENCE).fails(501, "not_implemented");
  }

  private static Stream<Case> limits() {
    int tooMuch = 1024 * 1024 + 1;
    return Stream.of(
        fault("a length over the limit", head(OK, "Content-Length: " + tooMuch), Then.SILENCE)
            .fails(502, "response_too_large"),
        fault("chunks over the limit", head(OK, CHUNKED) + chunk(tooMuch), Then.SILENCE)
            .fails(502, "response_too_large"),
        fault("a body without end", head(OK) + "x".repeat(tooMuch), Then.SILENCE)
            .fails(502, "response_too_large"),
        fault("a field over the limit", head(OK, "X-A: " + "x".repeat(70_000)), Then.SILENCE),
        fault("fields without end", OK + "\r\n" + "X-A: b\r\n".repeat(2_000), Then.SILENCE));
  }

  private static String chunk(int length) {
    return Integer.toHexString(length) + "\r\n" + "x".repeat(length) + "\r\n0\r\n\r\n";
  }

  private static Case fault(String name, String answer, Then then) {
    return Case.of(
            "fault: " + name,
            head("POST / HTTP/1.1", "Host: slow.example", "Content-Length: 2") + "hi")
        .answer(answer)
        .then(then)
        .fails(502, "upstream_protocol_error");
  }
}
