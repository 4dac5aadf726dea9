package io.github.httplongcut.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.HeaderRules.Forwarded;
import io.github.httplongcut.http.Headers.Field;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderRulesTest {

  private static final Forwarded FORWARDED = new Forwarded("192.0.2.7", "shop.example", "http");

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
  void fieldsOfOneHopAreRemoved(String name) {
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

  /** Otherwise a stranger could have the request's host or length replaced by another one. */
  @Test
  void hostAndContentLengthStayEvenIfConnectionNamesThem() {
    Headers received =
        headers(
            "Connection", "host, Content-LENGTH, X", "Host", "h", "content-length", "3", "X", "");

    assertThat(HeaderRules.endToEnd(received))
        .isEqualTo(headers("Host", "h", "content-length", "3"));
  }

  @Test
  void everyOtherFieldPassesAsItIs() {
    Headers received = headers("ACCEPT", "", "x-a", "1", "Set-Cookie", "b", "Set-Cookie", "a");

    assertThat(HeaderRules.endToEnd(received)).isSameAs(received);
  }

  @Test
  void framingOfARequestIsRemoved() {
    Headers request = headers("Host", "h", "content-length", "3", "Expect", "100-Continue");

    assertThat(HeaderRules.withoutFraming(request)).isEqualTo(headers("Host", "h"));
  }

  @Test
  void anExpectationThatTheRelayDoesNotKnowPasses() {
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
  void viaIsAddedBehindTheOthers() {
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
  void aLoopIsSeenInVia(String via) {
    assertThat(HeaderRules.hasPassed(headers("Via", "1.1 y", "via", via), "longcut.a")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",", "1.1", "1.1 longcut.b", "1.1 longcut.ab", "1.1 x (longcut.a)"})
  void anotherViaIsNoLoop(String via) {
    assertThat(HeaderRules.hasPassed(headers("Via", via), "longcut.a")).isFalse();
  }

  @Test
  void forwardedFieldsReplaceWhatTheCallerClaims() {
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

  @Test
  void forwardedFieldsOfATrustedCallerAreAppendedTo() {
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
    assertThat(HeaderRules.withForwarded(Headers.EMPTY, new Forwarded("::1", "", "http")))
        .isEqualTo(headers("X-Forwarded-For", "::1", "X-Forwarded-Proto", "http"));
  }

  private static Headers headers(String... namesAndValues) {
    Headers.Builder builder = Headers.builder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      builder.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return builder.build();
  }
}
