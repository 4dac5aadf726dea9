package io.github.httplongcut.upstream.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.upstream.core.RequestRules.HostField;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that a server could read in two ways. */
final class RequestRulesTest {

  private static final RequestRules RULES =
      new RequestRules(new BasePath("/base"), HostField.SERVER);
  private static final RequestRules PRESERVING =
      new RequestRules(new BasePath(""), HostField.CALLER);

  @Test
  void urlBeginsWithTheBasePath() throws Exception {
    assertThat(RULES.urlFor(request("GET", "/x?y"))).isEqualTo("/base/x?y");
  }

  @Test
  void dotSegmentsUnderABasePathAreABadRequest() {
    assertRefused(request("GET", "/a/%2E%2e/b"), Failure.BAD_REQUEST);
  }

  @ParameterizedTest
  @CsvSource({
    "TRACE, METHOD_NOT_ALLOWED",
    "trace, METHOD_NOT_ALLOWED",
    "CONNECT, NOT_IMPLEMENTED",
    "Connect, NOT_IMPLEMENTED",
    "head, BAD_REQUEST",
    "Head, BAD_REQUEST"
  })
  void ambiguousMethodIsRefused(String method, Failure failure) {
    assertRefused(request(method, "/"), failure);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Host", "hOST"})
  void secondHostIsABadRequest(String name) {
    assertRefused(withFields(field("Host", "a"), field(name, "b")), Failure.BAD_REQUEST);
  }

  @Test
  void secondValueOfHostIsABadRequest() {
    assertRefused(withFields(field("Host", "a", "a")), Failure.BAD_REQUEST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length", "CONTENT-length"})
  void secondContentLengthIsABadRequest(String name) {
    assertRefused(withFields(field("Content-Length", "5"), field(name, "5")), Failure.BAD_REQUEST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "5, 5", "+5", "-1", " 5", "5\t", "5\u000b", "0x5", "9999999999999999999"})
  void invalidContentLengthIsABadRequest(String value) {
    assertRefused(withFields(field("Content-Length", value)), Failure.BAD_REQUEST);
  }

  @Test
  void secondValueOfContentLengthIsABadRequest() {
    assertRefused(withFields(field("Content-Length", "5", "6")), Failure.BAD_REQUEST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", " a", "a\t", "a,b", "a/b", "u@a", "a\\b", "a?b", "a#b", "\u00e9"})
  void invalidPreservedHostIsABadRequest(String host) {
    assertThatThrownBy(() -> PRESERVING.urlFor(withFields(field("Host", host))))
        .isInstanceOfSatisfying(
            CallRefusedException.class,
            refused -> assertThat(refused.failure()).isEqualTo(Failure.BAD_REQUEST));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "shop.example:8080", "[::1]:80", "xn--bcher-kva.example", "a_b"})
  void validPreservedHostIsAccepted(String host) {
    assertThatCode(() -> PRESERVING.urlFor(withFields(field("Host", host))))
        .doesNotThrowAnyException();
  }

  private static void assertRefused(Request request, Failure failure) {
    assertThatThrownBy(() -> RULES.urlFor(request))
        .isInstanceOfSatisfying(
            CallRefusedException.class,
            refused -> assertThat(refused.failure()).isEqualTo(failure));
  }

  private static Request request(String method, String url) {
    return new Request("orders", method, url, Headers.EMPTY, Body.ABSENT);
  }

  private static Request withFields(Headers.Field... fields) {
    return new Request("orders", "GET", "/", Headers.of(List.of(fields)), Body.ABSENT);
  }

  private static Headers.Field field(String name, String... values) {
    return new Headers.Field(name, List.of(values));
  }
}
