package io.github.httplongcut.system.fidelity;

import static io.github.httplongcut.system.fidelity.Case.head;

import io.github.httplongcut.system.fidelity.Case.ForwardedMode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Request fields that the relay passes, changes, adds or removes. */
final class RequestFieldCases {

  private static final String[] CALLER_FIELDS = {
    "Forwarded: for=192.0.2.1;proto=https",
    "X-Forwarded-Port: 443",
    "X_Forwarded_For: 192.0.2.1",
    "X-Real-IP: 192.0.2.1",
    "true_client-ip: 192.0.2.1",
    "X-Original-URL: /admin"
  };

  private static final String HOP_BY_HOP = "hop-by-hop (RFC 9110 section 7.6.1)";
  private static final String[] FORWARDED = {
    "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Host: first.example", "X-Forwarded-Proto: https"
  };

  private RequestFieldCases() {}

  static Stream<Case> all() {
    return Stream.of(values(), kept(), removed(), forwarded(), hosts()).flatMap(cases -> cases);
  }

  private static Stream<Case> values() {
    return Stream.of(
        fields("no further fields are added"),
        fields("names as written", "x-lOWER-uPPER: a", "UPPER: b", "lower: c"),
        fields("a name of odd characters", "X!#$%&'*+-.^_`|~9: a"),
        fields("duplicates in order", "X-A: 2", "X-B: x", "X-A: 1", "X-A: 2", "X-A: 3, 4"),
        fields("an empty value", "X-Empty:", "X-Blank:   ", "X-A:", "X-A: a", "X-A:"),
        fields("Latin-1 in a value", "X-Latin: gr\u00fc\u00dfe \u00a0\u00ff"),
        fields("UTF-8 in a value", "X-Utf: \u00e2\u0082\u00ac \u00f0\u009f\u0098\u0080"),
        fields("a space and a tab within a value", "X-Space:   a b\tc   "),
        fields("two spaces within a value", "X-Space: \"a  b\"")
            .requestBut(
                "Undertow merges them into one",
                request -> request.replacing("X-Space", "\"a b\"")),
        fields("quotes and backslashes", "X-Q: \"a\\\"b\", 'c', {\"d\":[]}"),
        fields("a value of 32 KiB", "X-Long: " + "v".repeat(32 * 1024)),
        fields(
            "190 fields",
            IntStream.range(0, 190).mapToObj(i -> "X-" + i + ": " + i).toArray(String[]::new)),
        fields("one name in two spellings", "X-Two: 1", "x-two: 2")
            .requestBut(
                "fields of one name are grouped under the first spelling",
                request -> request.without("X-Two").with("X-Two", "1").with("X-Two", "2")));
  }

  private static Stream<Case> kept() {
    return Stream.of(
        fields("cookies", "Cookie: a=1; b=\"2\"; c="),
        fields("two Cookie fields", "Cookie: a=1; b=2", "Cookie: c=3")
            .requestBut(
                "Undertow merges them into one (RFC 6265 section 5.4 allows only one)",
                request -> request.replacing("Cookie", "a=1; b=2; c=3")),
        fields("credentials for the server", "Authorization: Basic dXNlcjpwYXNz"),
        fields("Accept-Encoding", "Accept-Encoding: br, gzip;q=0.5, *;q=0"),
        fields("User-Agent", "User-Agent: some/1.0 (client)", "Accept: */*"),
        fields("conditions", "If-None-Match: W/\"a\", \"b\"", "If-Modified-Since: yesterday"),
        fields("Range", "Range: bytes=0-1,5-", "If-Range: \"a\""),
        fields("fields of content without content", "Content-Type: a/b", "Content-Encoding: x"),
        fields("Max-Forwards and Date", "Max-Forwards: 0", "Date: Mon, 01 Jan 2024 00:00:00 GMT"),
        fields(
            "Via of other proxies", "Via: 1.0 first, HTTP/1.1 second (comment)", "Via: 2 third"));
  }

  private static Stream<Case> removed() {
    return Stream.of(
        fields(
                "hop-by-hop fields",
                "Connection: x", // names none of the following fields
                "Keep-Alive: timeout=5",
                "Proxy-Connection: keep-alive",
                "TE: trailers",
                "Trailer: X-T")
            .requestBut(
                HOP_BY_HOP,
                request -> request.without("Keep-Alive", "Proxy-Connection", "TE", "Trailer")),
        fields(
                "fields that Connection names",
                "Connection: X-One ,, x-two,close",
                "Connection: X-Three",
                "X-One: 1",
                "X-Two: 2",
                "X-Three: 3",
                "X-Four: 4")
            .closing()
            .requestBut(HOP_BY_HOP, request -> request.without("X-One", "X-Two", "X-Three"))
            .responseBut(
                "the last response on the connection",
                response -> response.with("Connection", "close")),
        fields("Connection cannot remove Host", "Connection: Host, Via, X-Forwarded-For"),
        fields(
                "Upgrade: h2c is ignored",
                "Connection: Upgrade, HTTP2-Settings",
                "Upgrade: h2c",
                "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA")
            .requestBut(HOP_BY_HOP, request -> request.without("Upgrade", "HTTP2-Settings")),
        fields("credentials for a proxy", "Proxy-Authorization: Basic dXNlcjpwYXNz")
            .requestBut(
                "only for the next proxy (RFC 9110 section 11.7.2)",
                request -> request.without("Proxy-Authorization")),
        Case.of(
                "Max-Forwards of OPTIONS",
                head("OPTIONS / HTTP/1.1", "Host: caller.example", "Max-Forwards: 5"))
            .requestBut(
                "RFC 9110 section 7.6.2",
                request -> request.without("Max-Forwards").with("Max-Forwards", "4")),
        fields("Longcut-* is the relay's own", "Longcut-Error: mine", "longcut_x: mine")
            .requestBut(
                "protocol section 5", request -> request.without("Longcut-Error", "longcut_x")));
  }

  private static Stream<Case> forwarded() {
    return Stream.of(
        fields("X-Forwarded-* replaced", FORWARDED),
        fields("fields that identify the caller are removed", CALLER_FIELDS)
            .requestBut(
                "a caller must not impersonate another",
                request ->
                    request.without(
                        "Forwarded",
                        "X-Forwarded-Port",
                        "X_Forwarded_For",
                        "X-Real-IP",
                        "true_client-ip",
                        "X-Original-URL")),
        fields("fields that identify the caller are trusted", CALLER_FIELDS)
            .through(ForwardedMode.APPEND),
        fields("fields that identify the caller are not changed", CALLER_FIELDS)
            .through(ForwardedMode.OFF),
        fields("other names with _ pass", "X_Other: a", "_: b"),
        fields("X-Forwarded-* appended", FORWARDED).through(ForwardedMode.APPEND),
        fields("X-Forwarded-* appended to a list", "X-Forwarded-For: a", "X-Forwarded-For: b, c")
            .through(ForwardedMode.APPEND),
        fields("X-Forwarded-* added", "X-A: b").through(ForwardedMode.APPEND),
        fields("X-Forwarded-* not changed", FORWARDED).through(ForwardedMode.OFF),
        fields("X-Forwarded-* not added", "X-A: b").through(ForwardedMode.OFF));
  }

  private static Stream<Case> hosts() {
    return Stream.of(
        Case.of("Host kept", head("GET / HTTP/1.1", "Host: " + Expected.KEPT_HOST)),
        Case.of("Host with a port", head("GET / HTTP/1.1", "Host: caller.example:8080")),
        Case.of("Host spelt otherwise", head("GET / HTTP/1.1", "hOST: caller.example"))
            .requestBut(
                "keeps the caller's spelling",
                request ->
                    request.without("Host").with("hOST", String.join("", request.values("Host")))),
        Case.of("Host after other fields", head("GET / HTTP/1.1", "A: b", "Host: [::1]:80")),
        Case.of("an empty Host", head("GET / HTTP/1.1", "Host:")));
  }

  private static Case fields(String name, String... fields) {
    List<String> lines = new ArrayList<>(List.of("GET / HTTP/1.1", "Host: caller.example"));
    lines.addAll(List.of(fields));
    return Case.of(name, head(lines.toArray(String[]::new)));
  }
}
