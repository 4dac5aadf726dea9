package io.github.httplongcut.system.fidelity;

import static io.github.httplongcut.system.fidelity.Case.head;

import io.github.httplongcut.system.fidelity.ServerAnswer.Then;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/** Bodies of every kind in requests and responses, in every framing. */
final class BodyCases {

  private static final String HOST = "Host: caller.example";
  private static final int MIB = 1024 * 1024;
  private static final String TRAILERS = "trailers are dropped (RFC 9110 section 6.5.1)";

  private static final Map<String, String> BODIES = new LinkedHashMap<>();

  static {
    BODIES.put("empty", "");
    BODIES.put("all 256 bytes", all256Bytes());
    BODIES.put("with a BOM", "\u00ef\u00bb\u00bf{}");
    BODIES.put("with NUL", "a\u0000b\u0000");
    BODIES.put("of UTF-8", "gr\u00c3\u00bc\u00c3\u009fe \u00f0\u009f\u0098\u0080");
    BODIES.put("of Latin-1", "gr\u00fc\u00dfe");
    BODIES.put("with a lone surrogate", "a\u00ed\u00a0\u0080b");
    BODIES.put("with overlong UTF-8", "a\u00c0\u00afb\u00e0\u0080\u0080");
    BODIES.put("with UTF-8 cut short", "abc\u00e2\u0082");
    BODIES.put("like JSON", "{\"a\":\"\\u0000\\\\\\\"\",\r\n\t\"b\":[\"\u00e2\u0080\u00a8\"]}");
    BODIES.put("like HTTP", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n0\r\n\r\n");
    BODIES.put("in gzip", gzip("a".repeat(1_000)));
    BODIES.put("of 1 MiB of text", "0123456789abcdef".repeat(MIB / 16));
    BODIES.put("of 1 MiB of quotes", "\"".repeat(MIB));
    BODIES.put("of 1 MiB of noise", noise(MIB));
  }

  private BodyCases() {}

  static Stream<Case> all() {
    return Stream.of(
            BODIES.entrySet().stream().map(body -> bothWays(body.getKey(), body.getValue())),
            BODIES.entrySet().stream().map(body -> inChunks(body.getKey(), body.getValue())),
            requests(),
            responses())
        .flatMap(cases -> cases);
  }

  private static Case bothWays(String kind, String body) {
    return Case.of(
            "a body " + kind,
            head("POST / HTTP/1.1", HOST, "content-length: " + body.length()) + body)
        .answer(head("HTTP/1.1 200 OK", "Content-LENGTH: " + body.length()) + body)
        .responseBut(
            "Content-Length in its usual spelling",
            response -> response.replacing("Content-Length", "" + body.length()))
        .requestBut(
            "Content-Length in its usual spelling",
            request -> request.replacing("Content-Length", "" + body.length()));
  }

  private static Case inChunks(String kind, String body) {
    return Case.of(
            "a body in chunks " + kind,
            head("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked") + chunks(body))
        .answer(head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked") + chunks(body));
  }

  private static Stream<Case> requests() {
    return Stream.of(
        Case.of("a POST without a body", head("POST / HTTP/1.1", HOST)),
        Case.of("a GET with an empty body", head("GET / HTTP/1.1", HOST, "Content-Length: 0")),
        withBody("GET"),
        withBody("DELETE"),
        withBody("OPTIONS"),
        withBody("X-OWN"),
        withBody("HEAD").answer(head("HTTP/1.1 200 OK", "Content-Length: 3")),
        Case.of(
            "Content-Encoding of a request",
            head("PUT / HTTP/1.1", HOST, "Content-Encoding: gzip", "Content-Length: 5") + "12345"),
        Case.of(
            "chunks with extensions",
            head("POST / HTTP/1.1", HOST, "Transfer-Encoding: Chunked")
                + "003;a=b\r\nabc\r\nA;c=\"d\"\r\n0123456789\r\n0;e\r\n\r\n"),
        Case.of(
                "a request with trailers",
                head("POST / HTTP/1.1", HOST, "Trailer: X-T", "Transfer-Encoding: chunked")
                    + "3\r\nabc\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n")
            .requestBut(TRAILERS, request -> request.without("Trailer").withoutTrailers()));
  }

  private static Case withBody(String method) {
    return Case.of(
        method + " with a body", head(method + " / HTTP/1.1", HOST, "Content-Length: 3") + "abc");
  }

  private static Stream<Case> responses() {
    return Stream.of(
        Case.answered("a body until the end of the connection", "HTTP/1.1 200 OK", "A: b")
            .answer(head("HTTP/1.1 200 OK") + noise(100_000))
            .then(Then.CLOSE),
        Case.answered("an empty body until the end of the connection", "HTTP/1.1 200 OK")
            .then(Then.CLOSE),
        Case.answered(
                "gzip without Accept-Encoding",
                "HTTP/1.1 200 OK",
                "Content-Encoding: gzip",
                "Content-Length: 3",
                "",
                "abc")
            .answer(head("HTTP/1.1 200 OK", "Content-Encoding: gzip", "Content-Length: 3") + "abc"),
        Case.answered("a response with trailers", "HTTP/1.1 200 OK")
            .answer(
                head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Trailer: X-T")
                    + "3;x=y\r\nabc\r\n0\r\nX-T: 1\r\n\r\n")
            .responseBut(TRAILERS, response -> response.without("Trailer").withoutTrailers()));
  }

  private static String chunks(String body) {
    StringBuilder chunks = new StringBuilder();
    int size = Math.max(1, body.length() / 3);
    for (int from = 0; from < body.length(); from += size) {
      String chunk = body.substring(from, Math.min(body.length(), from + size));
      chunks.append(Integer.toHexString(chunk.length())).append("\r\n");
      chunks.append(chunk).append("\r\n");
    }
    return chunks.append("0\r\n\r\n").toString();
  }

  private static String all256Bytes() {
    return IntStream.range(0, 256)
        .mapToObj(c -> String.valueOf((char) c))
        .collect(Collectors.joining());
  }

  private static String noise(int length) {
    byte[] bytes = new byte[length];
    new Random(1).nextBytes(bytes);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static String gzip(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }
}
