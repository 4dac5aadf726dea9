package io.github.httplongcut.system.clients;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a client was told in one visit, as text that must be the same directly and through the
 * relay. Left out is what belongs to one connection or one moment; the order between different
 * fields is not kept by the client agent's HTTP server.
 */
final class Transcript {

  /** Of one connection, of one moment, or the relay's own, which {@link Visitor} checks. */
  private static final Set<String> UNCOMPARED =
      Set.of("connection", "keep-alive", "transfer-encoding", "date", "via");

  /**
   * What of a request belongs to the connection it comes over, or is the relay's own. Content is
   * compared itself, so how it was framed is not.
   */
  private static final Set<String> UNCOMPARED_IN_REQUESTS =
      Set.of(
          "connection",
          "keep-alive",
          "te",
          "upgrade",
          "http2-settings",
          "transfer-encoding",
          "content-length",
          "expect",
          "via",
          "x-forwarded-for",
          "x-forwarded-host",
          "x-forwarded-proto");

  /** A new one for each session, and for each answer of nginx in several parts. */
  private static final Pattern RANDOM = Pattern.compile("sid=[^;]+|\\b\\d{20}\\b");

  private static final int LONG = 4_000;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final StringBuilder text = new StringBuilder();

  /** Adds an answer. */
  void add(Origin origin, ClientCall call, ClientAnswer answer) {
    boolean inspection = answer.url().getPath().equals("/inspect");
    line(call.method() + " " + call.path());
    line("  " + answer.status() + " from " + origin.maskIn(answer.url().toString()));
    List<String> fields = new ArrayList<>();
    for (ClientCall.Field field : answer.headers()) {
      String name = field.name().toLowerCase(Locale.ROOT);
      boolean framing = name.equals("content-length") && !call.method().equals("HEAD");
      // The report on a request is another one through the relay, and so is its hash.
      boolean ofReport = inspection && (name.equals("etag") || name.equals("content-length"));
      if (!UNCOMPARED.contains(name) && !framing && !ofReport) {
        String value = name.equals("expires") ? untilExpiry(field, answer) : field.value();
        fields.add("  " + field.name() + ": " + value);
      }
    }
    fields.sort(String.CASE_INSENSITIVE_ORDER);
    fields.forEach(this::line);
    line("  " + (inspection ? seen(answer.text()) : describe(answer.body())));
  }

  /** Counted from the answer's own {@code Date}: the two ways are not walked at one moment. */
  private static String untilExpiry(ClientCall.Field expires, ClientAnswer answer) {
    return answer
        .header("Date")
        .map(date -> "Date + " + Duration.between(instant(date), instant(expires.value())))
        .orElseGet(expires::value);
  }

  private static Instant instant(String httpDate) {
    return Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(httpDate));
  }

  private void line(String line) {
    text.append(RANDOM.matcher(line).replaceAll("*")).append('\n');
  }

  /** What the server saw of the request. */
  private static String seen(String json) {
    try {
      JsonNode request = MAPPER.readTree(json);
      List<String> fields = new ArrayList<>();
      for (JsonNode pair : request.path("headers")) {
        if (!UNCOMPARED_IN_REQUESTS.contains(pair.get(0).asText().toLowerCase(Locale.ROOT))) {
          fields.add(pair.get(0).asText() + ": " + pair.get(1).asText());
        }
      }
      fields.sort(String.CASE_INSENSITIVE_ORDER);
      return "%s %s\n  %s\n  body %s"
          .formatted(
              request.get("method").asText(),
              request.get("url").asText(),
              String.join("\n  ", fields),
              request.get("body"));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(json, e);
    }
  }

  private static String describe(byte[] body) {
    try {
      String utf8 = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
      if (body.length < LONG) {
        return utf8;
      }
    } catch (CharacterCodingException e) {
      // Then it is binary.
    }
    return "%d bytes, SHA-256 %s".formatted(body.length, sha256(body));
  }

  /** In hex. */
  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
