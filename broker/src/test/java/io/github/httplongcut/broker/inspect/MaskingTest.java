package io.github.httplongcut.broker.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.inspect.CapturedExchange.CapturedRequest;
import io.github.httplongcut.broker.inspect.CapturedMessage.HeaderLine;
import io.github.httplongcut.protocol.Body;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskingTest {

  private static final String SECRET = "S3CR3T";

  private final Masking masking = new Masking(new SensitiveNames(List.of("X-Customer", "iban")));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Authorization",
        "proxy-authorization",
        "Cookie",
        "SET-COOKIE",
        "X-Api-Key",
        "Ocp-Apim-Subscription-Key",
        "SAMLResponse",
        "client_assertion",
        "apikey",
        "X-Auth-Token",
        "X-CSRF-Token",
        "x_session_id",
        "Client-Secret",
        "X-Amz-Signature",
        "x-customer",
        "X_CUSTOMER"
      })
  void headersWithSensitiveNamesAreMasked(String name) {
    assertThat(header(name, SECRET)).isEqualTo("•••");
    assertThat(header(name, "")).isEqualTo("•••");
  }

  @ParameterizedTest
  @CsvSource({
    "Accept, text/html;q=0.9",
    "Content-Type, application/json; charset=utf-8",
    "Cache-Control, max-age=3600",
    "Host, shop.example",
    "Content-Disposition, 'attachment; filename=\"a=b.txt\"'"
  })
  void otherHeadersStay(String name, String value) {
    assertThat(header(name, value)).isEqualTo(value);
  }

  @Test
  void queriesInHeadersAreMasked() {
    assertThat(header("Referer", "https://a.example/b?token=S3CR3T&x=1"))
        .isEqualTo("https://a.example/b?token=•••&x=1");
    assertThat(header("Location", "https://a.example/cb#access_token=S3CR3T"))
        .isEqualTo("https://a.example/cb#access_token=•••");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/a?token=S3CR3T&b=1 | /a?token=•••&b=1",
        "/a?b=1&api_key=S3CR3T | /a?b=1&api_key=•••",
        "/a?%74oken=S3CR3T | /a?%74oken=•••",
        "/a?%zztoken=S3CR3T | /a?%zztoken=•••",
        "/a?token=S3CR3T;S3CR3T&b | /a?token=•••&b",
        "/a?x=1;token=S3CR3T | /a?x=1;token=•••",
        "/a?user[password]=S3CR3T | /a?user[password]=•••",
        "/a?next=/b?token=S3CR3T | /a?next=/b?token=•••",
        "/a;jsessionid=S3CR3T/b;v=1?c | /a;jsessionid=•••/b;v=1?c",
        "/a?token=&b | /a?token=&b",
        "/a?token&=&& | /a?token&=&&",
        "/a?IBAN=S3CR3T | /a?IBAN=•••",
        "/token/7?page=2 | /token/7?page=2",
        "* | *",
        "/? | /?"
      })
  void queriesAreMasked(String url, String expected) {
    assertThat(url(url)).isEqualTo(expected);
    assertThat(url(expected)).as("masked twice").isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"password\":\"S3CR3T\",\"a\":1} | {\"password\":\"•••\",\"a\":1}",
        "{\"a\":{\"b\":[{\"token\" : \"S3\\\"CR3T\"}]}} | {\"a\":{\"b\":[{\"token\" : \"•••\"}]}}",
        "{\"secret\":{\"x\":[\"S3CR3T}\",{}]},\"b\":2} | {\"secret\":\"•••\",\"b\":2}",
        "{\"sessions\":[1,2,[3]],\"b\":2} | {\"sessions\":\"•••\",\"b\":2}",
        "{\"pin\":1234,\"b\":2} | {\"pin\":\"•••\",\"b\":2}",
        "{\"pin\":1234} | {\"pin\":\"•••\"}",
        "{\"\\u0070assword\":\"S3CR3T\"} | {\"\\u0070assword\":\"•••\"}",
        "{\"apiKey\":\"S3CR3T | {\"apiKey\":\"•••\"",
        "{\"secret\":{\"x\":\"S3CR3T | {\"secret\":\"•••\"",
        "{\"a\":\"password\",\"b\":\"x\"} | {\"a\":\"password\",\"b\":\"x\"}",
        "{\"token\":} | {\"token\":}",
        "{\"token\": | {\"token\":",
        "{\"token | {\"token",
        "{\"a\\ | {\"a\\",
        "[{\"iban\":\"S3CR3T\"}] | [{\"iban\":\"•••\"}]"
      })
  void jsonIsMasked(String json, String expected) {
    assertThat(body("application/json", json)).isEqualTo(expected);
    assertThat(body("", json)).as("without a type").isEqualTo(expected);
    assertThat(body("application/json", expected)).as("masked twice").isEqualTo(expected);
  }

  @Test
  void linesOfJsonAreMasked() {
    assertThat(body("application/x-ndjson", "{\"token\":1}\n{\"token\":\"S3CR3T\"}\n"))
        .isEqualTo("{\"token\":\"•••\"}\n{\"token\":\"•••\"}\n");
  }

  @Test
  void formsAreMasked() {
    String form = "user=me&password=S3CR3T&x=1";
    String masked = "user=me&password=•••&x=1";
    assertThat(body("application/x-www-form-urlencoded", form)).isEqualTo(masked);
    assertThat(body("", form)).isEqualTo(masked);
    assertThat(body("text/html", form)).as("no form").isEqualTo(form);
  }

  @Test
  void bytesThatAreNoTextStay() {
    byte[] bytes = {'{', '"', (byte) 0xff, (byte) 0xfe, 0};
    CapturedBody body = new CapturedBody(Body.of(bytes), bytes.length, false);

    assertThat(mask(request("/", List.of(), body)).message().body()).isEqualTo(body);
  }

  @Test
  void maskedBodyKeepsItsLengthOnTheWire() {
    CapturedBody body = new CapturedBody(Body.ofText("{\"token\":\"S3CR3T\"}"), 99, true);

    CapturedBody masked = mask(request("/", List.of(), body)).message().body();

    assertThat(masked.bytes()).isEqualTo(99);
    assertThat(masked.truncated()).isTrue();
  }

  /** The time must be linear: these texts take minutes otherwise. */
  @Test
  @Timeout(10)
  void hostileTextsTakeNoLongTime() {
    url("/?" + "a=1&token=x&".repeat(100_000));
    url("/?" + ";".repeat(1_000_000));
    url("/" + ";".repeat(1_000_000));
    url("/?" + "x".repeat(1_000_000) + "token=1");
    url("/?" + "%".repeat(1_000_000) + "=1");
    json("{\"token\":" + "[".repeat(1_000_000));
    json("[".repeat(1_000_000));
    json("\"token\":".repeat(100_000));
    json("{" + "\"token\"".repeat(200_000));
    json("\"token\"" + " ".repeat(1_000_000));
    json("\"" + "\\".repeat(1_000_000));
    json("{\"" + "n".repeat(1_000_000) + "token\":1}");
    header("Link", "<https://a.example/?token=1>;".repeat(50_000));
  }

  /** Mixes valid parts at random: no secret value of a sensitive name may stay. */
  @Test
  void noSecretSurvivesAtRandom() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      String json = object(random, 0);
      String cut = json.substring(0, random.nextInt(json.length() + 1));
      assertThat(json(json)).as("seed %d: %s", seed, json).doesNotContain(SECRET);
      assertThat(json("{" + cut)).as("seed %d: %s", seed, cut).doesNotContain(SECRET);
      String query = query(random);
      assertThat(url("/?" + query)).as("seed %d: %s", seed, query).doesNotContain(SECRET);
    }
  }

  /** Returns a JSON object in which {@code SECRET} occurs only within values of sensitive names. */
  private static String object(Random random, int depth) {
    StringBuilder json = new StringBuilder("{");
    int members = random.nextInt(4);
    for (int i = 0; i < members; i++) {
      boolean sensitive = random.nextBoolean();
      json.append(i == 0 ? "" : ",").append(random.nextBoolean() ? " " : "\n");
      json.append(sensitive ? "\"user_PassWord\"" : "\"x,:{\\\"\"");
      json.append(random.nextBoolean() ? ":" : " : ");
      json.append(value(random, depth, sensitive));
    }
    return json.append('}').toString();
  }

  private static String value(Random random, int depth, boolean sensitive) {
    String leaf = sensitive ? SECRET : "pub\\\"lic";
    return switch (depth > 3 ? random.nextInt(2) : random.nextInt(4)) {
      case 0 -> "\"" + leaf + "\"";
      case 1 -> sensitive ? "\"]}," + leaf + "\"" : "12.5e3";
      case 2 -> "[\"" + leaf + "\", " + object(random, depth + 1) + "]";
      default -> object(random, depth + 1);
    };
  }

  private static String query(Random random) {
    StringBuilder query = new StringBuilder();
    for (int i = random.nextInt(5); i > 0; i--) {
      boolean sensitive = random.nextBoolean();
      query.append(sensitive ? "to%6Ben" : "x").append('=').append(sensitive ? SECRET : "?=");
      query.append(random.nextBoolean() ? "&" : "&&");
    }
    return query.toString();
  }

  private String json(String text) {
    return body("application/json", text);
  }

  private String body(String type, String text) {
    List<HeaderLine> headers =
        type.isEmpty() ? List.of() : List.of(new HeaderLine("content-type", type));
    Body body = Body.of(text.getBytes(StandardCharsets.UTF_8));
    CapturedBody captured = new CapturedBody(body, body.length(), false);
    return mask(request("/", headers, captured)).message().body().text().orElseThrow();
  }

  private String url(String url) {
    return mask(request(url, List.of(), new CapturedBody(Body.ABSENT, 0, false))).url();
  }

  private String header(String name, String value) {
    List<HeaderLine> headers = List.of(new HeaderLine(name, value));
    CapturedRequest request = request("/", headers, new CapturedBody(Body.ABSENT, 0, false));
    return mask(request).message().headers().get(0).value();
  }

  private static CapturedRequest request(String url, List<HeaderLine> headers, CapturedBody body) {
    return new CapturedRequest("orders", "GET", url, new CapturedMessage(headers, body));
  }

  private CapturedRequest mask(CapturedRequest request) {
    return masking.mask(request);
  }
}
