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
 * The responses of one scenario as text that must be equal directly and through the relay. Fields
 * that differ between connections or moments are left out. Fields are sorted, since the client
 * agent's HTTP server does not keep their order.
 */
final class Transcript {

  /**
   * Response fields that differ between connections or moments, and the relay's own, which {@link
   * Visitor} checks.
   */
  private static final Set<String> UNCOMPARED =
      Set.of("connection", "keep-alive", "transfer-encoding", "date", "via", "longcut-request-id");

  /**
   * Request fields of one connection, the relay's own, and those that frame the content: the
   * content itself is compared.
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

  /** Random values: session cookies, and nginx's boundaries of multipart responses. */
  private static final Pattern RANDOM = Pattern.compile("sid=[^;]+|\\b\\d{20}\\b");

  private static final int LONG = 4_000;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final StringBuilder text = new StringBuilder();

  /** Appends a response. */
  void add(Origin origin, ClientCall call, ClientAnswer answer) {
    boolean inspection = answer.url().getPath().equals("/inspect");
    line(call.method() + " " + call.path());
    line("  " + answer.status() + " from " + origin.maskIn(answer.url().toString()));
    List<String> fields = new ArrayList<>();
    for (ClientCall.Field field : answer.headers()) {
      String name = field.name().toLowerCase(Locale.ROOT);
      boolean framing = name.equals("content-length") && !call.method().equals("HEAD");
      // The response to /inspect describes the request, so length and hash differ when relayed.
      boolean hashOfRequest = inspection && (name.equals("etag") || name.equals("content-length"));
      if (!UNCOMPARED.contains(name) && !framing && !hashOfRequest) {
        String value = name.equals("expires") ? untilExpiry(field, answer) : field.value();
        fields.add("  " + field.name() + ": " + value);
      }
    }
    fields.sort(String.CASE_INSENSITIVE_ORDER);
    fields.forEach(this::line);
    line("  " + (inspection ? seen(answer.text()) : describe(answer.body())));
  }

  /**
   * The expiry relative to the response's {@code Date}, since the two runs are not at the same
   * time.
   */
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

  /** The request as the server received it. */
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
      // The body is binary.
    }
    return "%d bytes, SHA-256 %s".formatted(body.length, sha256(body));
  }

  /** The SHA-256 of the bytes in hex. */
  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform supports SHA-256
    }
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
