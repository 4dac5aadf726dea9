package io.github.httplongcut.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerHello;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventCodecTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final UUID ID = UUID.fromString("0d6f1a52-7c0e-4a43-9d4f-5a4b1f6f0a01");
  private static final ProcessId CLIENT = ProcessId.parse("acme.laptop-abcdef");

  /** The samples define the wire format and never change after a release. */
  @ParameterizedTest
  @EnumSource
  void eachSampleSurvivesDecodingAndEncodingUnchanged(EventType type) throws Exception {
    byte[] sample = sample(type);

    List<Event> events = EventCodec.decode(type, sample);

    assertThat(events).singleElement().extracting(Event::type).isEqualTo(type);
    assertThat(MAPPER.readTree(EventCodec.encode(events.get(0))))
        .isEqualTo(MAPPER.readTree(sample));
  }

  @ParameterizedTest
  @EnumSource
  void everyFieldButTheBodyIsRequired(EventType type) throws Exception {
    var sample = MAPPER.readTree(sample(type));
    for (var names = sample.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (name.equals("body") || (name.equals("body_encoding") && !sample.has("body"))) {
        continue;
      }
      ObjectNode without = (ObjectNode) sample.deepCopy();
      without.remove(name);
      assertThatThrownBy(() -> EventCodec.decode(type, MAPPER.writeValueAsBytes(without)))
          .as("without %s", name)
          .isInstanceOf(MalformedEventException.class)
          .hasMessageContaining(name);
    }
  }

  @Test
  void aBatchIsAnArrayInOrder() throws Exception {
    Event first = new BrokerHello(ProcessId.parse("broker.one-abcdef"), "1");
    Event second = new BrokerHello(ProcessId.parse("broker.two-abcdef"), "2");

    byte[] batch = EventCodec.join(List.of(EventCodec.encode(first), EventCodec.encode(second)));

    assertThat(MAPPER.readTree(batch).isArray()).isTrue();
    assertThat(EventCodec.decode(EventType.BROKER_HELLO, batch)).containsExactly(first, second);
  }

  @Test
  void aSingleEventIsNotAnArray() {
    byte[] encoded = EventCodec.encode(new BrokerHello(ProcessId.parse("b.one-abcdef"), "1"));

    assertThat(EventCodec.join(List.of(encoded))).isEqualTo(encoded);
  }

  @Test
  void unknownFieldsAreIgnored() throws Exception {
    String newer =
        "{\"later\":{\"a\":[1,{\"b\":2}]},\"broker_id\":\"b.one-abcdef\",\"n\":1.5,\"version\":\"9\","
            + "\"flag\":true,\"nothing\":null}";

    assertThat(EventCodec.decode(EventType.BROKER_HELLO, utf8(newer)))
        .containsExactly(new BrokerHello(ProcessId.parse("b.one-abcdef"), "9"));
  }

  @Test
  void anOrphanNamesTheBrokerToWhichItWasSent() throws Exception {
    BrokerError orphan =
        new BrokerError(ID, ID, new EventError(Failure.NOT_RUN, "m", Hop.UPSTREAM_AGENT))
            .orphanOf(ProcessId.parse("broker.gone-abcdef"));

    assertThat(MAPPER.readTree(EventCodec.encode(orphan)).get("broker_id").textValue())
        .isEqualTo("broker.gone-abcdef");
    assertThat(EventCodec.decode(EventType.BROKER_ERROR, EventCodec.encode(orphan)))
        .containsExactly(orphan);
  }

  @Test
  void aHeartbeatMayGiveAReason() throws Exception {
    ObjectNode sample = (ObjectNode) MAPPER.readTree(sample(EventType.UPSTREAM_HEARTBEAT));
    sample.put("state", "gone").put("reason", "health check GET /health answers 500");

    Event event =
        EventCodec.decode(EventType.UPSTREAM_HEARTBEAT, MAPPER.writeValueAsBytes(sample)).get(0);

    assertThat(((UpstreamHeartbeat) event).reason())
        .hasValue("health check GET /health answers 500");
    assertThat(MAPPER.readTree(EventCodec.encode(event))).isEqualTo(sample);
  }

  @Test
  void aReasonThatIsNoTextIsIgnored() throws Exception {
    ObjectNode sample = (ObjectNode) MAPPER.readTree(sample(EventType.UPSTREAM_HEARTBEAT));
    for (String reason : List.of("7", "null", "{\"a\":1}", "\"\"", "\" \\n \"")) {
      sample.set("reason", MAPPER.readTree(reason));

      assertThat(EventCodec.decode(EventType.UPSTREAM_HEARTBEAT, MAPPER.writeValueAsBytes(sample)))
          .as(reason)
          .singleElement()
          .extracting(event -> ((UpstreamHeartbeat) event).reason())
          .isEqualTo(Optional.empty());
    }
  }

  @Test
  void anUnknownErrorCodeIsAnInternalError() throws Exception {
    String newer =
        "{\"client_req_id\":\"%s\",\"broker_req_id\":\"%s\",\"error\":{\"code\":\"from_tomorrow\",\"message\":\"m\",\"hop\":\"broker\"}}"
            .formatted(ID, ID);

    assertThat(EventCodec.decode(EventType.BROKER_ERROR, utf8(newer)))
        .containsExactly(
            new BrokerError(ID, ID, new EventError(Failure.INTERNAL_ERROR, "m", Hop.BROKER)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "[1]",
        "null",
        "\"text\"",
        "{} {}",
        "[{\"broker_id\":\"b.one-abcdef\",\"version\":\"1\"}",
        "{\"broker_id\":\"nobody\",\"version\":\"1\"}",
        "{\"broker_id\":7,\"version\":\"1\"}",
        "{\"broker_id\":\"b.one-abcdef\",\"version\":\"1\"} trailing"
      })
  void aMessageThatIsNotAnEventIsMalformed(String message) {
    assertThatThrownBy(() -> EventCodec.decode(EventType.BROKER_HELLO, utf8(message)))
        .isInstanceOf(MalformedEventException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"url\":\"http://elsewhere/\"",
        "\"url\":\"/with space\"",
        "\"url\":\"/line\\nbreak\"",
        "\"method\":\"GE T\"",
        "\"method\":\"\"",
        "\"upstream_target\":\"a.b\"",
        "\"headers\":{\"Bad Name\":[\"x\"]}",
        "\"headers\":{\"X\":[\"a\\r\\nEvil: 1\"]}",
        "\"headers\":{\"X\":\"not an array\"}",
        "\"headers\":{\"X\":[]}",
        "\"client_req_ttl\":-1",
        "\"body_encoding\":\"utf-16\"",
        "\"body_encoding\":\"base64\",\"body\":\"!!!\""
      })
  void aRequestThatWouldBreakHttpIsMalformed(String field) throws Exception {
    ObjectNode request = (ObjectNode) MAPPER.readTree(sample(EventType.CLIENT_REQUEST));
    request.setAll((ObjectNode) MAPPER.readTree("{" + field + "}"));

    assertThatThrownBy(
            () -> EventCodec.decode(EventType.CLIENT_REQUEST, MAPPER.writeValueAsBytes(request)))
        .isInstanceOf(MalformedEventException.class);
  }

  /**
   * Such a path is safe, because the upstream agent appends it to the target's URL and never
   * resolves it.
   */
  @Test
  void aPathMayStartWithTwoSlashes() throws Exception {
    ObjectNode request = (ObjectNode) MAPPER.readTree(sample(EventType.CLIENT_REQUEST));
    request.put("url", "//evil/x");

    assertThat(EventCodec.decode(EventType.CLIENT_REQUEST, MAPPER.writeValueAsBytes(request)))
        .singleElement()
        .extracting(event -> ((ClientRequest) event).request().url())
        .isEqualTo("//evil/x");
  }

  @Test
  void absentEmptyAndFilledBodiesStayDistinct() throws Exception {
    for (Body body : List.of(Body.ABSENT, Body.EMPTY, Body.ofText("x"))) {
      Event response =
          new BrokerResponse(CLIENT, ID, ID, ID, new Response(200, Headers.EMPTY, body));

      assertThat(EventCodec.decode(EventType.BROKER_RESPONSE, EventCodec.encode(response)))
          .containsExactly(response);
    }
  }

  @Test
  void anyBodyBytesSurvive() throws Exception {
    byte[] all = new byte[512];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    List<Body> bodies =
        List.of(
            Body.of(all),
            Body.of(new byte[] {(byte) 0xef, (byte) 0xbb, (byte) 0xbf, 'x'}),
            Body.of(new byte[] {0}),
            Body.of(new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}),
            Body.of(new byte[] {(byte) 0xc0, (byte) 0x80}),
            Body.ofText("\u2028 \ud83d\ude00 \" \\ / \t"));
    for (Body body : bodies) {
      Event request =
          new ClientRequest(CLIENT, ID, 1, new Request("t", "PUT", "/", Headers.EMPTY, body));

      assertThat(EventCodec.decode(EventType.CLIENT_REQUEST, EventCodec.encode(request)))
          .containsExactly(request);
    }
  }

  @Test
  void headersKeepNamesOrderAndLatin1() throws Exception {
    Headers headers =
        Headers.builder().add("x-b", "caf\u00e9").add("Accept", "").add("ACCEPT", "second").build();
    Event request =
        new ClientRequest(CLIENT, ID, 1, new Request("t", "GET", "/", headers, Body.ABSENT));

    assertThat(EventCodec.decode(EventType.CLIENT_REQUEST, EventCodec.encode(request)))
        .containsExactly(request);
    assertThat(headers.fields())
        .containsExactly(
            new Headers.Field("x-b", List.of("caf\u00e9")),
            new Headers.Field("Accept", List.of("", "second")));
  }

  private static byte[] sample(EventType type) {
    try (InputStream in =
        EventCodecTest.class.getResourceAsStream("/events/" + type.wireName() + ".json")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
