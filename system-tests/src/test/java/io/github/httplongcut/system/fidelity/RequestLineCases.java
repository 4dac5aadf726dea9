package io.github.httplongcut.system.fidelity;

import static io.github.httplongcut.system.fidelity.Case.head;

import java.util.stream.Stream;

/**
 * Request lines: method, path and query byte by byte, and paths that must not leave a base path.
 */
final class RequestLineCases {

  private static final String HOST = "Host: caller.example";
  private static final String BASE = "Host: base.example";

  private RequestLineCases() {}

  static Stream<Case> all() {
    return Stream.of(targets(), absolute(), methods(), underBasePath(), losses())
        .flatMap(cases -> cases);
  }

  private static Stream<Case> targets() {
    return Stream.of(
            "/",
            "/a%2Fb%2fc",
            "/a;b=c;d/e;f?g;h",
            "/a+b?c+d=e+f",
            "/a?b=c?d/e#not-a-fragment",
            "/a?b??c?",
            "/a?=&&a=1&a=2&b&=c",
            "//a//b/",
            "//evil.example/x",
            "/@evil.example/",
            "/http://evil.example/",
            "/./a/../b/.",
            "/%2e%2e/%2E./a",
            "/..;/a",
            "/a\\b",
            "/%00%0d%0a",
            "/a:b@c!$&'()*,=~-._",
            "/{a}|^\"<>`[]?{a}|^\"<>`[]",
            "/gr\u00fc\u00dfe?gr\u00fc\u00dfe", // unescaped Latin-1
            "/gr\u00c3\u00bc?\u00e2\u0082\u00ac", // unescaped UTF-8
            "/" + "x".repeat(16 * 1024 - 1),
            "/?" + "x=y&".repeat(3_000))
        .map(target -> Case.of("target " + shortened(target), get(target, HOST)));
  }

  private static Stream<Case> absolute() {
    return Stream.of(
        absolute("http://caller.example/a%2Fb?c", "/a%2Fb?c"),
        absolute("http://caller.example", "/"),
        absolute("http://caller.example?a", "/?a"),
        absolute("http://caller.example:80/", "/"),
        absolute("HTTP://caller.example/a://b", "/a://b"));
  }

  private static Case absolute(String target, String origin) {
    return Case.of("absolute-form " + target, get(target, HOST))
        .requestBut(
            "a server gets origin-form (RFC 9112 section 3.2.1)",
            request -> request.startingWith("GET " + origin + " HTTP/1.1"));
  }

  private static Stream<Case> methods() {
    return Stream.of(
            "DELETE",
            "PATCH",
            "OPTIONS",
            "PROPFIND",
            "QUERY",
            "get",
            "x",
            "A-!#$%&'*+.^_`|~9z",
            "VERYLONG".repeat(4))
        .map(method -> Case.of("method " + method, head(method + " /a HTTP/1.1", HOST)));
  }

  private static Stream<Case> underBasePath() {
    return Stream.concat(
        Stream.of(
                "/", "/a%2Fb?c", "//evil.example/x", "/@evil.example", "/a..b/..c/d..", "/?a/../b")
            .map(
                target ->
                    Case.of("base path and " + target, get(target, BASE))
                        .requestBut(
                            "the base path is prepended",
                            request ->
                                request.startingWith("GET /base/api" + target + " HTTP/1.1"))),
        Stream.of(
                "/..",
                "/../x",
                "/a/../../x",
                "/%2e%2e/x",
                "/%2E./x",
                "/a/..%2fx",
                "/..;a/x",
                "/\\..\\x",
                "/a/./b",
                "/..?a")
            .map(
                target ->
                    Case.of("base path refuses " + target, get(target, BASE))
                        .refused(400, "bad_request")));
  }

  /** Request lines of which Undertow hides a part, or that it rejects. */
  private static Stream<Case> losses() {
    return Stream.of(
        Case.of("OPTIONS *", head("OPTIONS * HTTP/1.1", HOST)),
        Case.of("an empty query", get("/a?", HOST))
            .requestBut(
                "Undertow drops the ? of an empty query",
                request -> request.startingWith("GET /a HTTP/1.1")),
        Case.of("a query that begins with ?", get("/a??b", HOST))
            .requestBut(
                "Undertow drops the first of two ?",
                request -> request.startingWith("GET /a?b HTTP/1.1")),
        Case.of("an invalid escape in the path", get("/%zz", HOST)).refused(400, "bad_request"),
        Case.of("an invalid escape in the query", get("/?100%", HOST)).refused(400, "bad_request"),
        Case.of("absolute-form spelt unlike Host", get("http://CALLER.example/", HOST))
            .refused(400, "bad_request"),
        Case.of("a method of 34 characters", head("M".repeat(34) + " / HTTP/1.1", HOST))
            .refused(400, "bad_request"));
  }

  private static String get(String target, String host) {
    return head("GET " + target + " HTTP/1.1", host);
  }

  private static String shortened(String target) {
    return target.length() < 60 ? target : target.substring(0, 10) + "… of " + target.length();
  }
}
