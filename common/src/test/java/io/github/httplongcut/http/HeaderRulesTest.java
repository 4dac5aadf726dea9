package io.github.httplongcut.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.httplongcut.http.HeaderRules.Forwarded;
import io.github.httplongcut.http.Headers.Field;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderRulesTest {

  private static final Forwarded FORWARDED = new Forwarded("192.0.2.7", "shop.example", "http", "");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Connection",
        "Proxy-Connection",
        "Keep-Alive",
        "TE",
        "Transfer-Encoding",
        "Upgrade",
        "Trailer",
        "HTTP2-Settings",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "LONGCUT-Error"
      })
  void hopByHopFieldsAreRemoved(String name) {
    Headers received = headers("Accept", "*/*", name, "x", "Cookie", "a=1");

    assertThat(HeaderRules.endToEnd(received)).isEqualTo(headers("Accept", "*/*", "Cookie", "a=1"));
  }

  @Test
  void fieldsThatConnectionNamesAreRemoved() {
    Headers received =
        headers(
            "connection",
            "close, X-One",
            "Connection",
            "x-two ,,",
            "X-One",
            "1",
            "x-TWO",
            "2",
            "X-Three",
            "3");

    assertThat(HeaderRules.endToEnd(received)).isEqualTo(headers("X-Three", "3"));
  }

  /** Otherwise a malicious caller could have the request's host or length replaced. */
  @Test
  void hostAndContentLengthStayEvenIfConnectionNamesThem() {
    Headers received =
        headers(
            "Connection", "host, Content-LENGTH, X", "Host", "h", "content-length", "3", "X", "");

    assertThat(HeaderRules.endToEnd(received))
        .isEqualTo(headers("Host", "h", "content-length", "3"));
  }

  @Test
  void allOtherFieldsPassUnchanged() {
    Headers received = headers("ACCEPT", "", "x-a", "1", "Set-Cookie", "b", "Set-Cookie", "a");

    assertThat(HeaderRules.endToEnd(received)).isSameAs(received);
  }

  @Test
  void framingFieldsOfARequestAreRemoved() {
    Headers request = headers("Host", "h", "content-length", "3", "Expect", "100-Continue");

    assertThat(HeaderRules.withoutFraming(request)).isEqualTo(headers("Host", "h"));
  }

  @Test
  void anUnknownExpectationPasses() {
    Headers request = headers("Expect", "miracles");

    assertThat(HeaderRules.withoutFraming(request)).isEqualTo(request);
  }

  @Test
  void closeIsFoundAnywhereInConnection() {
    assertThat(HeaderRules.asksToClose(headers("Connection", "a ,Close", "connection", "b")))
        .isTrue();
    assertThat(HeaderRules.asksToClose(headers("Connection", "closed", "X", "close"))).isFalse();
  }

  @Test
  void missingDateIsAdded() {
    assertThat(HeaderRules.withDate(headers("A", "b"), "now").all("Date")).containsExactly("now");
    assertThat(HeaderRules.withDate(headers("date", "then"), "now").fields())
        .containsExactly(new Field("date", List.of("then")));
  }

  @Test
  void viaIsAppended() {
    Headers request = headers("via", "1.0 fred", "Accept", "*/*");

    assertThat(HeaderRules.withVia(request, "1.1", "longcut.a").fields())
        .containsExactly(
            new Field("via", List.of("1.0 fred", "1.1 longcut.a")),
            new Field("Accept", List.of("*/*")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1 longcut.a",
        "1.0 fred, HTTP/1.1   Longcut.A (comment)",
        "1.1 x,1.1 longcut.a"
      })
  void viaRevealsALoop(String via) {
    assertThat(HeaderRules.hasPassed(headers("Via", "1.1 y", "via", via), "longcut.a")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",", "1.1", "1.1 longcut.b", "1.1 longcut.ab", "1.1 x (longcut.a)"})
  void anotherPseudonymInViaIsNotALoop(String via) {
    assertThat(HeaderRules.hasPassed(headers("Via", via), "longcut.a")).isFalse();
  }

  @Test
  void forwardedFieldsReplaceThoseOfTheCaller() {
    Headers claimed =
        headers("x-forwarded-for", "10.0.0.1", "X-Forwarded-Proto", "https", "A", "b");

    assertThat(HeaderRules.withForwarded(claimed, FORWARDED))
        .isEqualTo(
            headers(
                "A", "b",
                "X-Forwarded-For", "192.0.2.7",
                "X-Forwarded-Host", "shop.example",
                "X-Forwarded-Proto", "http"));
  }

  /** The names include all that a server may read as one of these fields. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Forwarded",
        "X-Forwarded-For",
        "X_Forwarded_For",
        "x-forwarded_proto",
        "X-Forwarded-Port",
        "X-Forwarded-User",
        "X-Real-IP",
        "x_real_ip",
        "X-Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Original-URL",
        "X_Rewrite_URL",
        "X-Cluster-Client-IP",
        "Client-Cert",
        "HTTP_X_FORWARDED_FOR",
        "X-Remote-User",
        "Remote_User"
      })
  void aCallerCannotForgeItsOrigin(String name) {
    assertThat(HeaderRules.withForwarded(headers(name, "evil", "A_b", "c"), FORWARDED))
        .isEqualTo(HeaderRules.withForwarded(headers("A_b", "c"), FORWARDED));
    assertThat(HeaderRules.withForwarded(headers("A_b", "c"), FORWARDED).all("A_b"))
        .containsExactly("c");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Longcut-Error", "longcut_error", "LONGCUT_Request-Id"})
  void longcutFieldsAreRemoved(String name) {
    assertThat(HeaderRules.endToEnd(headers(name, "evil"))).isEqualTo(Headers.EMPTY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Transfer_Encoding", "Proxy_Authorization", "keep_alive"})
  void hopByHopFieldsWithUnderscoresAreRemoved(String name) {
    assertThat(HeaderRules.endToEnd(headers(name, "x"))).isEqualTo(Headers.EMPTY);
  }

  @Test
  void contentLengthWithAnUnderscoreIsRemoved() {
    assertThat(HeaderRules.withoutFraming(headers("Content_Length", "5"))).isEqualTo(Headers.EMPTY);
  }

  @Test
  void namesWithAnUnderscoreCanBeRemoved() {
    assertThat(HeaderRules.withoutUnderscores(headers("a_b", "1", "a-b", "2", "_", "3")))
        .isEqualTo(headers("a-b", "2"));
  }

  @Test
  void onlyForwardedFieldsOfATrustedProxyPass() {
    Headers ofProxy =
        headers(
            "X-Forwarded-For", "203.0.113.9",
            "X-Forwarded-Host", "public.example",
            "X-Forwarded-Proto", "https",
            "X_Forwarded_Proto", "evil",
            "X-Real-IP", "evil",
            "Forwarded", "for=evil");

    assertThat(HeaderRules.withForwardedOfProxy(ofProxy, FORWARDED))
        .isEqualTo(
            headers(
                "X-Forwarded-Host", "public.example",
                "X-Forwarded-Proto", "https",
                "X-Forwarded-For", "203.0.113.9, 192.0.2.7"));
  }

  @Test
  void fieldsThatATrustedProxyDoesNotSetAreAdded() {
    assertThat(HeaderRules.withForwardedOfProxy(Headers.EMPTY, FORWARDED))
        .isEqualTo(HeaderRules.withForwarded(Headers.EMPTY, FORWARDED));
  }

  @Test
  void strippedPrefixIsForwarded() {
    Forwarded stripped = new Forwarded("192.0.2.7", "", "http", "/orders");

    assertThat(HeaderRules.withForwarded(headers("X-Forwarded-Prefix", "/evil"), stripped))
        .isEqualTo(
            headers(
                "X-Forwarded-For", "192.0.2.7",
                "X-Forwarded-Proto", "http",
                "X-Forwarded-Prefix", "/orders"));
    assertThat(
            HeaderRules.withForwardedOfProxy(headers("X-Forwarded-Prefix", "/shop"), stripped)
                .all("X-Forwarded-Prefix"))
        .containsExactly("/orders");
  }

  @Test
  void valuesAreAppendedToThoseOfATrustedCaller() {
    Headers trusted =
        headers("X-Forwarded-For", "10.0.0.1", "x-forwarded-for", "10.0.0.2", "A", "b");

    assertThat(HeaderRules.withForwardedAppended(trusted, FORWARDED))
        .isEqualTo(
            headers(
                "A", "b",
                "X-Forwarded-For", "10.0.0.1, 10.0.0.2, 192.0.2.7",
                "X-Forwarded-Host", "shop.example",
                "X-Forwarded-Proto", "http"));
  }

  @Test
  void aRequestWithoutHostHasNoForwardedHost() {
    assertThat(HeaderRules.withForwarded(Headers.EMPTY, new Forwarded("::1", "", "http", "")))
        .isEqualTo(headers("X-Forwarded-For", "::1", "X-Forwarded-Proto", "http"));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0",
    "0010, 9",
    "999999999, 999999998",
    "1000000000, 999999998",
    "99999999999999999999999, 999999998"
  })
  void maxForwardsIsDecremented(String received, String lowered) {
    assertThat(HeaderRules.withMaxForwardsLowered(headers("A", "b", "max-forwards", received)))
        .isEqualTo(headers("A", "b", "Max-Forwards", lowered));
  }

  @Test
  void missingMaxForwardsIsEmpty() {
    assertThat(HeaderRules.maxForwards(Headers.EMPTY)).isEmpty();
    assertThat(HeaderRules.withMaxForwardsLowered(headers("A", "b"))).isEqualTo(headers("A", "b"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "-1", "+1", "1.0", "1, 2", "\u00b2"})
  void invalidMaxForwardsIsRefused(String received) {
    Headers request = headers("Max-Forwards", received);

    assertThatIllegalArgumentException().isThrownBy(() -> HeaderRules.maxForwards(request));
  }

  private static Headers headers(String... namesAndValues) {
    Headers.Builder builder = Headers.builder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      builder.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return builder.build();
  }
}
