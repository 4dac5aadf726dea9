package io.github.httplongcut.system.fidelity;

import static io.github.httplongcut.system.fidelity.Case.answered;
import static io.github.httplongcut.system.fidelity.Case.head;

import io.github.httplongcut.system.fidelity.ServerAnswer.Then;
import java.util.stream.Stream;

/** Responses: status, fields, bodiless and interim responses, versions. */
final class ResponseCases {

  private static final String HOST = "Host: caller.example";
  private static final String LENGTH = "Content-Length: 0";
  private static final String REASON = "the reason phrase is the relay's (RFC 9112 section 4)";

  private ResponseCases() {}

  static Stream<Case> all() {
    return Stream.of(statuses(), fields(), removed(), bodiless(), interim(), versions())
        .flatMap(cases -> cases);
  }

  private static Stream<Case> statuses() {
    return Stream.concat(
        Stream.of(
                "200 OK",
                "201 Created",
                "202 Accepted",
                "206 Partial Content",
                "300 Multiple Choices",
                "400 Bad Request",
                "401 Unauthorized",
                "403 Forbidden",
                "404 Not Found",
                "405 Method Not Allowed",
                "409 Conflict",
                "410 Gone",
                "500 Internal Server Error",
                "501 Not Implemented",
                "502 Bad Gateway",
                "503 Service Unavailable")
            .map(status -> answered("status " + status, "HTTP/1.1 " + status, LENGTH)),
        Stream.of("226 IM Used", "299 ", "399 ", "418 ", "499 ", "530 ", "599 ", "600 ", "999 ")
            .map(ResponseCases::withReason));
  }

  private static Case withReason(String reasoned) {
    String status = reasoned.substring(0, 3);
    return answered("status " + status, "HTTP/1.1 " + status + " Own Words", LENGTH)
        .responseBut(REASON, response -> response.startingWith("HTTP/1.1 " + reasoned));
  }

  private static Stream<Case> fields() {
    return Stream.of(
        fields("Date and Server kept", "Date: Thu, 01 Jan 1970 00:00:00 GMT", "Server: own/1.0"),
        fields("only Via and Date are added to a response"),
        fields("names of a response as written", "x-lOWER: a", "ETAG: \"b\"", "CONTENT-type: c/d"),
        fields(
            "several Set-Cookie", "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2", "Set-Cookie: a=1"),
        fields(
            "challenges", "WWW-Authenticate: Basic realm=\"a, b\"", "WWW-Authenticate: Digest c"),
        fields("empty values of a response", "X-Empty:", "X-A: ", "X-A: a", "X-A:"),
        fields("Latin-1 in a response", "X-Latin: gr\u00fc\u00dfe \u00a0\u00ff"),
        fields("UTF-8 in a response", "X-Utf: \u00e2\u0082\u00ac"),
        fields("a response field of 32 KiB", "X-Long: " + "v".repeat(32 * 1024)),
        fields(
            "fields of a cache", "ETag: W/\"a\"", "Vary: *", "Age: 3", "Cache-Control: no-cache"),
        fields("Via of other proxies in a response", "Via: 1.0 first, 1.1 second"),
        fields("X-Forwarded-For of a response", "X-Forwarded-For: a"),
        fields("Alt-Svc and HSTS", "Alt-Svc: h3=\":443\"", "Strict-Transport-Security: max-age=1"),
        answered(
            "a redirect", "HTTP/1.1 302 Found", "Location: http://elsewhere.example/a", LENGTH),
        answered("a redirect of a path", "HTTP/1.1 307 Temporary Redirect", "Location: /b", LENGTH),
        answered("partial content", "HTTP/1.1 206 Partial Content")
            .answer(
                head(
                        "HTTP/1.1 206 Partial Content",
                        "Content-Range: bytes 0-2/9",
                        "Content-Length: 3")
                    + "abc"),
        fields("one name of a response in two spellings", "X-Two: 1", "x-two: 2")
            .responseBut(
                "fields of one name are grouped under the first spelling",
                response -> response.without("X-Two").with("X-Two", "1").with("X-Two", "2")));
  }

  private static Case fields(String name, String... fields) {
    String lines = String.join("\r\n", fields) + (fields.length == 0 ? "" : "\r\n");
    return answered(name).answer("HTTP/1.1 200 OK\r\n" + lines + "Content-Length: 2\r\n\r\nok");
  }

  private static Stream<Case> removed() {
    return Stream.of(
        fields(
                "hop-by-hop fields of a response",
                "Connection: X-One",
                "Keep-Alive: timeout=5",
                "X-One: 1",
                "Proxy-Connection: keep-alive",
                "Proxy-Authenticate: Basic",
                "Upgrade: h2c",
                "X-Two: 2")
            .responseBut(
                "hop-by-hop (RFC 9110 sections 7.6.1 and 11.7.1)",
                response ->
                    response.without(
                        "Keep-Alive",
                        "X-One",
                        "Proxy-Connection",
                        "Proxy-Authenticate",
                        "Upgrade")),
        fields("an upstream server's Longcut-*", "Longcut-Error: overloaded", "LONGCUT-X: a")
            .responseBut(
                "protocol section 5", response -> response.without("Longcut-Error", "Longcut-X")));
  }

  private static Stream<Case> bodiless() {
    String notModified = "HTTP/1.1 304 Not Modified";
    return Stream.of(
        answered("204", "HTTP/1.1 204 No Content", "A: b"),
        answered("204 with a length", "HTTP/1.1 204 No Content", LENGTH)
            .responseBut(
                "a 204 must not have it (RFC 9110 section 8.6)",
                response -> response.without("Content-Length")),
        answered("304", notModified, "ETag: \"a\""),
        answered("304 with a length", notModified, "Content-Length: 1234567"),
        answered("205", "HTTP/1.1 205 Reset Content", LENGTH),
        toHead("HEAD with a length", "HTTP/1.1 200 OK", "Content-Length: 12345678"),
        toHead("HEAD with length 0", "HTTP/1.1 200 OK", LENGTH),
        toHead("HEAD without a length", "HTTP/1.1 200 OK", "A: b"),
        toHead("HEAD of chunks", "HTTP/1.1 200 OK", "Transfer-Encoding: chunked")
            .responseBut(
                "hop-by-hop (RFC 9112 section 6.1)",
                response -> response.without("Transfer-Encoding")),
        toHead("HEAD of a stream", "HTTP/1.1 200 OK", "Content-Type: text/event-stream"),
        toHead("HEAD of a 404", "HTTP/1.1 404 Not Found", "Content-Length: 9"),
        toHead("HEAD of a 304", notModified, "Content-Length: 9"));
  }

  private static Case toHead(String name, String... answer) {
    return Case.of(name, head("HEAD / HTTP/1.1", HOST)).answer(head(answer));
  }

  private static Stream<Case> interim() {
    String last = head("HTTP/1.1 200 OK", "Content-Length: 2") + "ok";
    return Stream.of(
            head("HTTP/1.1 103 Early Hints", "Link: </a.css>; rel=preload"),
            head("HTTP/1.1 100 Continue"),
            head("HTTP/1.1 102 Processing").repeat(3))
        .map(
            first ->
                answered("an interim " + first.substring(9, 12))
                    .answer(first + last)
                    .withoutInterim());
  }

  private static Stream<Case> versions() {
    return Stream.of(
        answered("an HTTP/1.0 response", "HTTP/1.0 200 OK", "A: b")
            .then(Then.CLOSE)
            .responseBut(
                "the relay uses HTTP/1.1 (RFC 9110 section 2.5)",
                response -> response.startingWith("HTTP/1.1 200 OK")),
        answered("a response without a reason", "HTTP/1.1 200 ", LENGTH)
            .responseBut(REASON, response -> response.startingWith("HTTP/1.1 200 OK")),
        answered("a response with its own reason", "HTTP/1.1 404 Gone Fishing", LENGTH)
            .responseBut(REASON, response -> response.startingWith("HTTP/1.1 404 Not Found")));
  }
}
