package io.github.httplongcut.system.fidelity;

import static io.github.httplongcut.system.fidelity.Case.head;

import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Requests that the client agent refuses. No part of them may reach an upstream server. */
final class RefusalCases {

  private static final String HOST = "Host: caller.example";
  private static final String GET = "GET / HTTP/1.1";
  private static final String POST = "POST / HTTP/1.1";
  private static final String CHUNKED = "Transfer-Encoding: chunked";
  private static final int MIB = 1024 * 1024;

  private RefusalCases() {}

  static Stream<Case> all() {
    return Stream.of(framing(), syntax(), hosts(), notRelayed(), limits()).flatMap(cases -> cases);
  }

  /** Ways to smuggle a request into another (RFC 9112 sections 6.1 and 6.3). */
  private static Stream<Case> framing() {
    String rest = "GET /smuggled HTTP/1.1\r\nHost: caller.example\r\n\r\n";
    return Stream.of(
        bad(
            "two Content-Length",
            head(POST, HOST, "Content-Length: 3", "Content-Length: 4") + "abcd"),
        bad(
            "equal Content-Length",
            head(POST, HOST, "Content-Length: 3", "Content-Length: 3") + "abc"),
        bad("a list of Content-Length", head(POST, HOST, "Content-Length: 3, 3") + "abc"),
        bad("Content-Length with a sign", head(POST, HOST, "Content-Length: +3") + "abc"),
        bad("Content-Length below zero", head(POST, HOST, "Content-Length: -1")),
        bad("Content-Length in hex", head(POST, HOST, "Content-Length: 0x3") + "abc"),
        bad("Content-Length of nothing", head(POST, HOST, "Content-Length:")),
        bad(
            "Content-Length and chunks",
            head(POST, HOST, "Content-Length: 4", CHUNKED) + "0\r\n\r\n" + rest),
        bad(
            "chunks and Content-Length",
            head(POST, HOST, CHUNKED, "Content-Length: 4") + "0\r\n\r\n"),
        bad("Transfer-Encoding twice", head(POST, HOST, CHUNKED, CHUNKED) + "0\r\n\r\n" + rest),
        bad(
            "Transfer-Encoding twice, differing",
            head(POST, HOST, CHUNKED, "Transfer-Encoding: identity") + "0\r\n\r\n" + rest),
        bad("chunked twice", head(POST, HOST, "Transfer-Encoding: chunked, chunked") + "0\r\n\r\n"),
        bad(
            "chunked not at the end",
            head(POST, HOST, "Transfer-Encoding: chunked, gzip") + "0\r\n\r\n"),
        bad("an odd chunked", head(POST, HOST, "Transfer-Encoding: xchunked") + "0\r\n\r\n"),
        bad("gzip and chunked", head(POST, HOST, "Transfer-Encoding: gzip, chunked") + "0\r\n\r\n")
            .refused(501, "not_implemented"),
        bad("identity", head(POST, HOST, "Transfer-Encoding: identity")),
        bad("chunks in HTTP/1.0", head("POST / HTTP/1.0", HOST, CHUNKED) + "0\r\n\r\n"),
        bad("a space before the colon", head(POST, HOST, "Content-Length : 3") + "abc"),
        bad("a space before chunked's colon", head(POST, HOST, "Transfer-Encoding : chunked")));
  }

  private static Stream<Case> syntax() {
    return Stream.of(
        bad("an empty line before a request", "\r\n" + head(GET, HOST)),
        bad("bare LF", head(GET, HOST, "X-A: b").replace("\r", "")),
        bad("a fold before the first field", head(GET, " X-A: b", HOST)),
        bad("a field without a colon", head(GET, HOST, "no-colon")),
        bad("a field without a name", head(GET, HOST, ": b")),
        bad("a space in a name", head(GET, HOST, "X A: b")),
        bad("Latin-1 in a name", head(GET, HOST, "X-\u00e4: b")),
        bad("a NUL in a value", head(GET, HOST, "X-A: b\u0000c")),
        bad("a bare CR in a value", head(GET, HOST, "X-A: b\rX-B: c")),
        bad("no version", head("GET /", HOST)),
        bad("HTTP/2.0", head("GET / HTTP/2.0", HOST)),
        bad("HTTP/3", head("GET / HTTP/3", HOST)),
        bad("HTTP/1.10", head("GET / HTTP/1.10", HOST)),
        bad("a space in the target", head("GET /a b HTTP/1.1", HOST)),
        bad("two spaces", head("GET  / HTTP/1.1", HOST)),
        bad("a target without a slash", head("GET evil.example HTTP/1.1", HOST)),
        bad("@evil.example", head("GET @evil.example/ HTTP/1.1", HOST)),
        bad("* of a GET", head("GET * HTTP/1.1", HOST)),
        bad("a method of no token", head("G(T / HTTP/1.1", HOST)),
        bad("no method", head(" / HTTP/1.1", HOST)),
        bad("TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n"),
        bad("HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  }

  private static Stream<Case> hosts() {
    return Stream.of(
        bad("no Host", head(GET)),
        bad("two Hosts", head(GET, HOST, "Host: evil.example")),
        bad("two equal Hosts", head(GET, HOST, HOST)),
        bad("a malformed Host", head(GET, "Host: a b")),
        bad("a Host with a path", head(GET, "Host: caller.example/x")),
        bad("a Host with a user", head(GET, "Host: caller.example@evil.example")),
        bad("a Host with an empty port", head(GET, "Host: caller.example:")),
        bad("a Host with the port 0", head(GET, "Host: caller.example:0")),
        bad("a Host with an IPv6 zone", head(GET, "Host: [fe80::1%25eth0]")),
        bad("a list of Hosts", head(GET, "Host: caller.example, evil.example")),
        bad("absolute-form of another host", head("GET http://evil.example/ HTTP/1.1", HOST)),
        bad("absolute-form with a user", head("GET http://a@caller.example/ HTTP/1.1", HOST)),
        bad("absolute-form of another port", head("GET http://caller.example:1/ HTTP/1.1", HOST)),
        bad("absolute-form of https", head("GET https://caller.example/ HTTP/1.1", HOST)),
        bad("absolute-form of ftp", head("GET ftp://caller.example/ HTTP/1.1", HOST)));
  }

  private static Stream<Case> notRelayed() {
    return Stream.of(
        bad("TRACE", head("TRACE / HTTP/1.1", HOST)).refused(405, "method_not_allowed"),
        bad("CONNECT", head("CONNECT evil.example:443 HTTP/1.1", "Host: evil.example:443"))
            .refused(501, "not_implemented"),
        bad(
                "WebSocket",
                head(
                    GET,
                    HOST,
                    "Connection: keep-alive, Upgrade",
                    "Upgrade: websocket",
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="))
            .refused(501, "not_implemented"));
  }

  private static Stream<Case> limits() {
    String large = "x".repeat(MIB + 1);
    String[] many =
        IntStream.range(0, 202)
            .mapToObj(i -> i == 0 ? GET : i == 1 ? HOST : "X-" + i + ": a")
            .toArray(String[]::new);
    return Stream.of(
        bad("a body over the limit", head(POST, HOST, "Content-Length: " + large.length()) + large)
            .refused(413, "request_too_large"),
        bad(
                "chunks over the limit",
                head(POST, HOST, CHUNKED)
                    + Integer.toHexString(large.length())
                    + "\r\n"
                    + large
                    + "\r\n0\r\n\r\n")
            .refused(413, "request_too_large"),
        bad("a length of 18 digits", head(POST, HOST, "Content-Length: 999999999999999999"))
            .refused(413, "request_too_large"),
        bad("a length of 30 digits", head(POST, HOST, "Content-Length: " + "9".repeat(30)))
            .refused(400, "bad_request"),
        bad(
                "100-continue over the limit",
                head(POST, HOST, "Expect: 100-continue", "Content-Length: " + large.length()))
            .refused(413, "request_too_large")
            .closing(),
        bad("a long URL", head("GET /" + "x".repeat(16 * 1024) + " HTTP/1.1", HOST))
            .refused(414, "url_too_long"),
        bad("a long query", head("GET /?" + "x".repeat(16 * 1024) + " HTTP/1.1", HOST))
            .refused(414, "url_too_long"),
        bad("a URL over all bounds", head("GET /" + "x".repeat(MIB) + " HTTP/1.1", HOST))
            .refused(400, "bad_request"),
        bad("a long field", head(GET, HOST, "X-Long: " + "x".repeat(64 * 1024)))
            .refused(431, "headers_too_large"),
        bad("a field over all bounds", head(GET, HOST, "X-Long: " + "x".repeat(MIB)))
            .refused(400, "bad_request"),
        bad("many fields", head(many)).refused(431, "headers_too_large"),
        Case.of(
                "a response before a refusal",
                head(GET, HOST) + head("GET http://evil.example/ HTTP/1.1", HOST))
            .times(2)
            .refused(400, "bad_request"));
  }

  private static Case bad(String name, String sends) {
    return Case.of("refused: " + name, sends).refused(400, "bad_request");
  }
}
