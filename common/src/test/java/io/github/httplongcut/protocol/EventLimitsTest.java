package io.github.httplongcut.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the limits for hostile senders (protocol section 2, "Limits"). */
class EventLimitsTest {

  private static final String ID = "0d6f1a52-7c0e-4a43-9d4f-5a4b1f6f0a01";
  private static final String CLIENT = "acme.laptop-abcdef";

  @Test
  void aMessageOverTheLimitIsNotParsed() {
    byte[] message = new byte[WireLimits.MESSAGE_BYTES + 1];
    Arrays.fill(message, (byte) ' ');
    byte[] event = request("\"/\"", "{}", "").getBytes(StandardCharsets.UTF_8);
    System.arraycopy(event, 0, message, 0, event.length);

    assertRefused(message, "longer than");
    assertDecodes(Arrays.copyOf(message, WireLimits.MESSAGE_BYTES));
  }

  @Test
  void eventsOfAMessageAreLimited() throws Exception {
    String event = request("\"/\"", "{}", "");

    assertThat(EventCodec.decode(EventType.CLIENT_REQUEST, array(event, WireLimits.EVENTS)))
        .hasSize(WireLimits.EVENTS);
    assertRefused(array(event, WireLimits.EVENTS + 1), "more than 256 events");
  }

  @Test
  void headerFieldsOfARequestAreLimited() throws Exception {
    assertThat(decode(request("\"/\"", names(WireLimits.HEADER_FIELDS), "")).request().headers())
        .extracting(headers -> headers.fields().size())
        .isEqualTo(WireLimits.HEADER_FIELDS);
    assertRefused(request("\"/\"", names(WireLimits.HEADER_FIELDS + 1), ""), "headers");
  }

  @Test
  void eachValueOfANameCountsAsAField() {
    String values = "\"v\",".repeat(WireLimits.HEADER_FIELDS) + "\"v\"";

    assertRefused(request("\"/\"", "{\"a\":[" + values + "]}", ""), "headers");
  }

  @Test
  void headerCharactersAreLimited() throws Exception {
    String longest = "v".repeat(WireLimits.HEADER_CHARS - 1);

    Headers headers =
        decode(request("\"/\"", "{\"a\":[\"" + longest + "\"]}", "")).request().headers();
    assertThat(headers.first("a")).contains(longest);
    assertRefused(request("\"/\"", "{\"a\":[\"" + longest + "v\"]}", ""), "headers");
    String longName = "n".repeat(WireLimits.HEADER_CHARS);
    assertThat(
            decode(request("\"/\"", "{\"" + longName + "\":[\"\"]}", ""))
                .request()
                .headers()
                .fields())
        .hasSize(1);
  }

  @Test
  void urlCharactersAreLimited() throws Exception {
    String longest = "/" + "u".repeat(WireLimits.URL_CHARS - 1);

    assertThat(decode(request('"' + longest + '"', "{}", "")).request().url()).isEqualTo(longest);
    assertRefused(request('"' + longest + "u\"", "{}", ""), "url");
  }

  @Test
  void decodedBytesOfABase64BodyAreLimited() throws Exception {
    byte[] longest = new byte[WireLimits.BODY_BYTES];

    assertThat(decode(request("\"/\"", "{}", base64(longest))).request().body().length())
        .isEqualTo(longest.length);
    assertRefused(request("\"/\"", "{}", base64(new byte[longest.length + 1])), "body");
  }

  @Test
  void decodedBytesOfATextBodyAreLimited() throws Exception {
    String longest = "t".repeat(WireLimits.BODY_BYTES);
    String escaped = "\\n".repeat(1000) + "t".repeat(WireLimits.BODY_BYTES - 1000);

    assertThat(decode(request("\"/\"", "{}", text(longest))).request().body().length())
        .isEqualTo(longest.length());
    assertThat(decode(request("\"/\"", "{}", text(escaped))).request().body().length())
        .isEqualTo(longest.length());
    assertRefused(request("\"/\"", "{}", text(longest + "t")), "body");
    assertRefused(request("\"/\"", "{}", text(escaped + "t")), "body");
  }

  @Test
  void aTextBodyThatIsLongerThanInBase64IsRefused() {
    assertRefused(request("\"/\"", "{}", text("\\u0041".repeat(1_000_000))), "body");
  }

  /**
   * The request must still fit when a broker publishes it: RabbitMQ closes the channel at a message
   * that is too large.
   */
  @Test
  void theLargestDecodedRequestFitsIntoAMessageAgain() throws Exception {
    String value = "\\u0001".repeat(WireLimits.HEADER_CHARS - 1);
    String url = "/" + "\\u00ff".repeat(WireLimits.URL_CHARS - 1);
    ClientRequest largest =
        decode(
            request(
                '"' + url + '"',
                "{\"a\":[\"" + value + "\"]}",
                base64(new byte[WireLimits.BODY_BYTES])));

    ProcessId broker = ProcessId.parse("broker.main-abcdef");
    UUID id = UUID.fromString(ID);
    byte[] again =
        EventCodec.encode(
            new BrokerRequest(
                largest.clientId(),
                largest.clientReqId(),
                largest.clientReqTtl(),
                broker,
                id,
                1,
                largest.request()));

    assertThat(again.length).isLessThan(WireLimits.MESSAGE_BYTES);
  }

  /** The reason is shown to operators, and the agent may be hostile. */
  @Test
  void aReasonIsTruncatedAndOnOneLine() throws Exception {
    String heartbeat =
        "{\"upstream_id\":\"plant.u-abcdef\",\"upstream_target\":\"orders\",\"state\":\"gone\","
            + "\"capacity\":1,\"in_flight\":0,\"interval_ms\":2000,\"version\":\"1\",\"reason\":\"%s\"}";
    String hostile = "a\\u001b[2J\\r\\nb\\u202e" + "c".repeat(300_000);

    UpstreamHeartbeat decoded =
        (UpstreamHeartbeat)
            EventCodec.decode(
                    EventType.UPSTREAM_HEARTBEAT,
                    heartbeat.formatted(hostile).getBytes(StandardCharsets.UTF_8))
                .get(0);

    assertThat(decoded.reason().orElseThrow())
        .hasSize(WireLimits.HEARTBEAT_REASON_CHARS)
        .startsWith("a [2J  b c")
        .endsWith("c…");
  }

  @Test
  void anErrorMessageIsTruncated() throws Exception {
    String tooLong = "m".repeat(WireLimits.ERROR_MESSAGE_CHARS - 1) + "\ud83d\ude00" + "mmm";
    String event =
        "{\"client_req_id\":\"%s\",\"broker_req_id\":\"%s\",\"error\":{\"code\":\"not_run\",\"message\":\"%s\",\"hop\":\"broker\"}}"
            .formatted(ID, ID, tooLong);

    BrokerError error =
        (BrokerError)
            EventCodec.decode(EventType.BROKER_ERROR, event.getBytes(StandardCharsets.UTF_8))
                .get(0);

    assertThat(error.error().message())
        .isEqualTo(
            "m".repeat(WireLimits.ERROR_MESSAGE_CHARS - 1)); // no half surrogate pair at the end
  }

  @Test
  void numbersOfAHeartbeatAreClamped() throws Exception {
    String event =
        "{\"upstream_id\":\"plant.p-abcdef\",\"upstream_target\":\"orders\",\"state\":\"ready\",\"capacity\":%d,\"in_flight\":%d,\"interval_ms\":%d,\"version\":\"1\"}"
            .formatted(Long.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);

    UpstreamHeartbeat heartbeat =
        (UpstreamHeartbeat)
            EventCodec.decode(EventType.UPSTREAM_HEARTBEAT, event.getBytes(StandardCharsets.UTF_8))
                .get(0);

    assertThat(heartbeat.capacity()).isEqualTo(65_535);
    assertThat(heartbeat.inFlight()).isEqualTo(65_535);
    assertThat(heartbeat.intervalMs()).isEqualTo(60_000);
  }

  @Test
  void aTtlIsAtMostADay() throws Exception {
    String event = request("\"/\"", "{}", "").replace("5000", String.valueOf(Long.MAX_VALUE));

    assertThat(decode(event).clientReqTtl()).isEqualTo(24 * 60 * 60 * 1000L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"method", "upstream_target", "client_id", "client_req_id"})
  void otherStringsAreLimitedTo256Characters(String field) {
    String tooLong = "x".repeat(257);
    String event =
        request("\"/\"", "{}", "")
            .replaceFirst("\"" + field + "\":\"[^\"]*\"", "\"" + field + "\":\"" + tooLong + "\"");

    assertRefused(event, field + ": more than");
  }

  @Test
  void unknownFieldsAreSkippedButTheirNestingIsLimited() throws Exception {
    String flat =
        request("\"/\"", "{}", ",\"x\":\"y\",\"n\":1,\"o\":{\"a\":[{\"b\":{}}]},\"z\":[]");
    String deep = request("\"/\"", "{}", ",\"x\":" + "[".repeat(100_000) + "]".repeat(100_000));

    assertThat(decode(flat).request().url()).isEqualTo("/");
    assertRefused(deep, "not valid JSON");
  }

  /** Each name takes a receiver as long as many other bytes. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "%s",
        "\"o\":{%s}",
        "\"a\":[[{%s}]]",
        "\"error\":{\"code\":\"not_run\",\"message\":\"\",\"hop\":\"broker\",%s}"
      })
  void namesAreLimitedWhereverTheyAre(String place) throws Exception {
    Function<Integer, String> event =
        names ->
            request(
                "\"/\"",
                "{}",
                "," + place.formatted(repeat(names, i -> "\"n%d\":\"\"".formatted(i))));
    int own = event.apply(0).split("\":").length - 1; // names of the request and of the place
    int most = WireLimits.NAMES - own;

    assertThat(decode(event.apply(most)).request().url()).isEqualTo("/");
    assertRefused(event.apply(most + 1), "more than 10000 JSON names");
  }

  /** To compare many long names takes a receiver long, and to copy them. */
  @Test
  void charactersOfNamesAreLimited() throws Exception {
    String unknown = ",\"%s\":1";
    int own = nameChars(request("\"/\"", "{}", ""));
    String half = "x".repeat(WireLimits.NAME_CHARS / 2);
    String rest = "y".repeat(WireLimits.NAME_CHARS / 2 - own);

    String most = request("\"/\"", "{}", unknown.formatted(half) + unknown.formatted(rest));
    assertThat(decode(most).request().url()).isEqualTo("/");
    assertRefused(most.replace("y\"", "yy\""), "JSON names of more than 327680 characters");
  }

  private static int nameChars(String event) {
    return Pattern.compile("\"([a-z_]+)\":")
        .matcher(event)
        .results()
        .mapToInt(it -> it.group(1).length())
        .sum();
  }

  @Test
  void largestHonestBatchDecodes() throws Exception {
    String event =
        request("\"/\"", "{" + repeat(110, i -> "\"%c\":[\"\"]".formatted('a' + i % 26)) + "}", "");
    byte[] batch = array(event, 64);
    assertThat(batch.length).as("more than a batch of 64 KiB").isGreaterThan(64 * 1024);

    assertThat(EventCodec.decode(EventType.CLIENT_REQUEST, batch)).hasSize(64);
  }

  /** Jackson keeps names for later messages. Those of all these messages have 200 MB. */
  @Test
  void namesOfEarlierMessagesTakeLittleMemory() throws Exception {
    long before = usedHeap();
    for (int i = 0; i < 1_000; i++) {
      String name = i + "x".repeat(100_000);
      assertThat(decode(request("\"/\"", "{\"" + name + "\":[\"\"]}", "")).request().url())
          .isEqualTo("/");
    }

    assertThat(usedHeap() - before).as("bytes").isLessThan(20 << 20);
  }

  /** A tenant chooses the type of its messages, and a broker reads orphans of any type. */
  @Test
  void namesOfMadeUpStatusesTakeLittleMemory() {
    long before = usedHeap();
    for (int i = 0; i < 1_000; i++) {
      byte[] status = ("{\"" + i + "x".repeat(60_000) + "\":1}").getBytes(StandardCharsets.UTF_8);
      assertThatThrownBy(() -> EventCodec.decode(EventType.BROKER_STATUS, status))
          .isInstanceOf(MalformedEventException.class);
    }

    assertThat(usedHeap() - before).as("bytes").isLessThan(20 << 20);
  }

  private static long usedHeap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Test
  void namesOfAllHeadersInAMessageAreLimited() throws Exception {
    String event = request("\"/\"", names(WireLimits.HEADER_FIELDS), "");

    assertThat(EventCodec.decode(EventType.CLIENT_REQUEST, array(event, 9))).hasSize(9);
    assertRefused(array(event, 10), "more than 10000 JSON names");
  }

  private static String repeat(int times, IntFunction<String> element) {
    return IntStream.range(0, times).mapToObj(element).collect(Collectors.joining(","));
  }

  private static void assertDecodes(byte[] message) {
    try {
      assertThat(EventCodec.decode(EventType.CLIENT_REQUEST, message)).hasSize(1);
    } catch (MalformedEventException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertRefused(String event, String why) {
    assertRefused(event.getBytes(StandardCharsets.UTF_8), why);
  }

  private static void assertRefused(byte[] message, String why) {
    assertThatThrownBy(() -> EventCodec.decode(EventType.CLIENT_REQUEST, message))
        .isInstanceOf(MalformedEventException.class)
        .hasMessageContaining(why);
  }

  private static ClientRequest decode(String event) throws MalformedEventException {
    return (ClientRequest)
        EventCodec.decode(EventType.CLIENT_REQUEST, event.getBytes(StandardCharsets.UTF_8)).get(0);
  }

  private static String request(String url, String headers, String more) {
    return "{\"client_id\":\"%s\",\"client_req_id\":\"%s\",\"client_req_ttl\":5000,\"upstream_target\":\"orders\",\"method\":\"GET\",\"url\":%s,\"headers\":%s%s}"
        .formatted(CLIENT, ID, url, headers, more);
  }

  private static byte[] array(String event, int count) {
    String separated = (event + ",").repeat(count - 1) + event;
    return ("[" + separated + "]").getBytes(StandardCharsets.UTF_8);
  }

  private static String names(int count) {
    StringBuilder names = new StringBuilder();
    for (int i = 0; i < count; i++) {
      names.append(i == 0 ? "{" : ",").append("\"n").append(i).append("\":[\"v\"]");
    }
    return names.append('}').toString();
  }

  private static String base64(byte[] body) {
    return ",\"body_encoding\":\"base64\",\"body\":\""
        + Base64.getEncoder().encodeToString(body)
        + '"';
  }

  private static String text(String quoted) {
    return ",\"body_encoding\":\"utf-8\",\"body\":\"" + quoted + '"';
  }
}
