package io.github.httplongcut.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests bodies that a broker passes from a decoded event to an encoded one. */
class BodyPassThroughTest {

  private static final UUID ID = UUID.fromString("0d6f1a52-7c0e-4a43-9d4f-5a4b1f6f0a01");
  private static final ProcessId CLIENT = ProcessId.parse("acme.laptop-abcdef");

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "utf-8,  plain,                       plain",
        "utf-8,  caf\u00e9 \ud83d\ude00,      caf\u00e9 \ud83d\ude00",
        "utf-8,  a\\n\\\"b\\\"\\\\\\/\\u00e9, `a\n\"b\"\\/\u00e9`",
        "utf-8,  \\b\\f\\r\\t,                    `\b\f\r\t`",
        "utf-8,  \\ud83d\\ude00\\u20ac!,         \ud83d\ude00\u20ac!",
        "utf-8,  x\\u0000\\u000A\\\\u0041,         `x\0\n\\u0041`",
        "utf-8,  a\\ud83d\\n\\ude00z,             `a?\n?z`",
        "base64, YQ==,                        a",
        "base64, YWI=,                        ab",
        "base64, YWJj,                        abc",
      })
  void encodedBodyIsPassedOnUnchanged(String encoding, String written, String meaning)
      throws Exception {
    Response response = responses(event(encoding, written)).get(0);

    assertThat(text(passOn(response)))
        .contains("\"body_encoding\":\"" + encoding + "\",\"body\":\"" + written + "\"");
    assertThat(response.body()).isEqualTo(Body.ofText(meaning));
    assertThat(response.body().length()).isEqualTo(meaning.getBytes(StandardCharsets.UTF_8).length);
  }

  /** A body must not be in memory in both forms. */
  @Test
  void decodingDropsTheEncodedForm() throws Exception {
    Body body = responses(event("base64", "YWJj")).get(0).body();
    assertThat(body.json()).isPresent();
    assertThat(body.footprint()).isEqualTo(4);

    assertThat(body.length()).isEqualTo(3);

    assertThat(body.json()).isEmpty();
    assertThat(body.footprint()).isEqualTo(3);
    assertThat(body).isEqualTo(Body.ofText("abc"));
  }

  @Test
  void bodyEndsAtItsClosingQuote() throws Exception {
    String first = event("utf-8", "one\\\"").replace("\"body\":", "\"body\" : ");
    String second = event("utf-8", "two").replace("\"status_code\":200,", "");
    second = second.substring(0, second.length() - 1) + " \t, \"status_code\" : 200 }";

    List<Response> both = responses("[ " + first + " \n , " + second + " ]");

    assertThat(both.stream().map(each -> text(each.body().toByteArray())))
        .containsExactly("one\"", "two");
  }

  /** If a broker passed it on, the receiver would discard the whole batch. */
  @ParameterizedTest
  @ValueSource(strings = {"Y", "Y===", "YQ=a", "YQ==YQ==", "Y Q=", "Y\u00fc==", "===="})
  void invalidBase64IsMalformed(String written) {
    assertThatThrownBy(() -> responses(event("base64", written)))
        .isInstanceOf(MalformedEventException.class);
  }

  @ParameterizedTest
  @CsvSource({"YWJj\\n,", "YQ,a", "\\u0059Q==,a", "Pz8\\/,???"})
  void unusualBase64IsDecodedAtOnce(String written, String meaning) throws Exception {
    if (meaning == null) { // RFC 4648 allows no line break in base64, only MIME does
      assertThatThrownBy(() -> responses(event("base64", written)))
          .isInstanceOf(MalformedEventException.class);
      return;
    }
    Response response = responses(event("base64", written)).get(0);

    assertThat(response.body()).isEqualTo(Body.ofText(meaning));
    assertThat(text(passOn(response))).contains(meaning);
  }

  @Test
  void otherEncodingsThanUtf8AreMalformed() {
    byte[] message = event("utf-8", "x").getBytes(StandardCharsets.UTF_16LE);

    assertThatThrownBy(() -> EventCodec.decode(EventType.UPSTREAM_RESPONSE, message))
        .isInstanceOf(MalformedEventException.class);
  }

  @Test
  void byteOrderMarkIsSkipped() throws Exception {
    assertThat(responses("\ufeff" + event("utf-8", "x")).get(0).body()).isEqualTo(Body.ofText("x"));
  }

  private static String event(String encoding, String body) {
    return """
        {"client_id":"%s","client_req_id":"%2$s","broker_req_id":"%2$s","upstream_req_id":"%2$s",\
        "status_code":200,"headers":{},"body_encoding":"%3$s","body":"%4$s"}"""
        .formatted(CLIENT, ID, encoding, body);
  }

  private static List<Response> responses(String message) throws MalformedEventException {
    return EventCodec.decode(EventType.UPSTREAM_RESPONSE, message.getBytes(StandardCharsets.UTF_8))
        .stream()
        .map(event -> ((UpstreamResponse) event).response())
        .toList();
  }

  private static byte[] passOn(Response response) {
    assertThat(response.headers()).isEqualTo(Headers.EMPTY);
    return EventCodec.encode(new BrokerResponse(CLIENT, ID, ID, ID, response));
  }

  private static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }
}
