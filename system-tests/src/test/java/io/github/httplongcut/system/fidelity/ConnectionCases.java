package io.github.httplongcut.system.fidelity;

import static io.github.httplongcut.system.fidelity.Case.head;

import java.util.stream.Stream;

/** Connections: keep-alive, pipelining, closing, HTTP/1.0 and {@code Expect: 100-continue}. */
final class ConnectionCases {

  private static final String HOST = "Host: caller.example";
  private static final String LAST = "announces that the connection closes (RFC 9112 section 9.6)";

  private static final String OLD = "Undertow answers HTTP/1.0 in HTTP/1.0";

  private ConnectionCases() {}

  static Stream<Case> all() {
    return Stream.of(
        Case.of("a kept connection", get("/1"), get("/2"), get("/3"))
            .times(3)
            .answer(body("first"), body("second"), body("third")),
        Case.of("pipelining", get("/1") + get("/2") + get("/3"))
            .times(3)
            .answer(body("first"), body("second"), body("third")),
        Case.of("pipelining with bodies", post("abc") + post("") + post("de\r\n\r\n"))
            .times(3)
            .answer(body("first"), body(""), body("third")),
        Case.of("pipelining of chunks", chunked("abc") + get("/2"))
            .times(2)
            .answer(body("first"), body("second")),
        Case.of("Connection: close", head("GET / HTTP/1.1", HOST, "Connection: close"))
            .closing()
            .responseBut(LAST, response -> response.with("Connection", "close")),
        Case.of("Connection: close and 204", head("GET / HTTP/1.1", HOST, "Connection: close"))
            .answer(head("HTTP/1.1 204 No Content"))
            .closing()
            .responseBut(LAST, response -> response.with("Connection", "close")),
        Case.of("Connection: close and 304", head("GET / HTTP/1.1", HOST, "Connection: close"))
            .answer(head("HTTP/1.1 304 Not Modified", "ETag: \"a\""))
            .closing()
            .responseBut(LAST, response -> response.with("Connection", "close")),
        Case.of("an upstream server that closes", get("/"), get("/"))
            .times(2)
            .answer(
                head("HTTP/1.1 200 OK", "Connection: Close", "Content-Length: 2") + "ok",
                body("second")),
        Case.of("HTTP/1.0", head("GET / HTTP/1.0", HOST))
            .closing()
            .responseBut(LAST, response -> response.with("Connection", "close"))
            .responseBut(OLD, ConnectionCases::inHttp10),
        Case.of("HTTP/1.0 with Upgrade", head("GET / HTTP/1.0", HOST, "Upgrade: websocket"))
            .closing()
            .requestBut("RFC 9110 section 7.8", request -> request.without("Upgrade"))
            .responseBut(LAST, response -> response.with("Connection", "close"))
            .responseBut(OLD, ConnectionCases::inHttp10),
        Case.of("HTTP/1.0 without Host", head("GET / HTTP/1.0"))
            .closing()
            .responseBut(LAST, response -> response.with("Connection", "close"))
            .responseBut(OLD, ConnectionCases::inHttp10),
        Case.of(
                "HTTP/1.0 with keep-alive",
                head("GET /1 HTTP/1.0", HOST, "Connection: keep-alive"),
                head("GET /2 HTTP/1.0", HOST, "Connection: Keep-Alive"))
            .times(2)
            .responseBut(
                "HTTP/1.0 requires it for persistent connections", // RFC 9112 section 9.3
                response -> response.with("Connection", "keep-alive"))
            .responseBut(OLD, ConnectionCases::inHttp10),
        Case.of(
                "Expect: 100-continue",
                head("POST / HTTP/1.1", HOST, "Expect: 100-continue", "Content-Length: 3"),
                "abc")
            .requestBut(
                "met by the client agent (RFC 9110 section 10.1.1)",
                request -> request.without("Expect")),
        Case.of(
                "Expect: 100-continue with chunks",
                head("POST / HTTP/1.1", HOST, "Expect: 100-Continue", "Transfer-Encoding: chunked"),
                "3\r\nabc\r\n0\r\n\r\n")
            .requestBut(
                "met by the client agent (RFC 9110 section 10.1.1)",
                request -> request.without("Expect")));
  }

  private static RawMessage inHttp10(RawMessage response) {
    return response.startingWith(response.startLine().replaceFirst("1\\.1", "1.0"));
  }

  private static String get(String path) {
    return head("GET " + path + " HTTP/1.1", HOST);
  }

  private static String post(String body) {
    return head("POST / HTTP/1.1", HOST, "Content-Length: " + body.length()) + body;
  }

  private static String chunked(String body) {
    return head("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked")
        + Integer.toHexString(body.length())
        + "\r\n"
        + body
        + "\r\n0\r\n\r\n";
  }

  private static String body(String body) {
    return head("HTTP/1.1 200 OK", "Content-Length: " + body.length()) + body;
  }
}
