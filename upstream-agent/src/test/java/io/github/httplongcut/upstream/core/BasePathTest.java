package io.github.httplongcut.upstream.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.github.httplongcut.protocol.Failure;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** URLs that are joined with the base path, and URLs that are refused. */
final class BasePathTest {

  @ParameterizedTest
  @CsvSource({
    "http://h, /, /",
    "http://h/, /a/b?c, /a/b?c",
    "http://h/base, /, /base/",
    "http://h/base/, /x, /base/x",
    "http://h/base//, /x, /base/x",
    "http://h/b%2Fc, /%2e%2Ex, /b%2Fc/%2e%2Ex",
    "http://h/base, //evil/x, /base//evil/x",
    "http://h/base, /@evil, /base/@evil",
    "http://h/base, /?q=/../x, /base/?q=/../x",
    "http://h/base, /..., /base/...",
    "http://h/base, /a..b/.c/d., /base/a..b/.c/d.",
    "http://h/base, /%zz/%/%2/%c3%a9/%25/%2520/.%c0/.%2e.;x, /base/%zz/%/%2/%c3%a9/%25/%2520/.%c0/.%2e.;x",
    "http://h, /a/../b/%2e%2e, /a/../b/%2e%2e",
    "http://h, *, *"
  })
  void urlIsJoinedByConcatenation(String target, String url, String joined) throws Exception {
    assertThat(basePath(target).urlOf(url)).isEqualTo(joined);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/..",
        "/../x",
        "/a/..",
        "/a/./b",
        "/.",
        "/a/%2e%2e/b",
        "/a/%2E./b",
        "/a/.%2e?x",
        "/%2e",
        "/..%2fx",
        "/x%2F..",
        "/a\\..\\b",
        "/a%5C..",
        "/..;a=b/x",
        "/..%3Ba=b/x",
        "/%252e%252E/x",
        "/%25252e./x",
        "/%25%32%65%25%32%65/secret",
        "/%%32%65./x",
        "/%c0%25%61%65./x",
        "/a%252f..%255cx",
        "/%c0%ae%C0%AE/x",
        "/..%c0%afx",
        "/..%c1%9Cx",
        "/%25c0%25ae./x",
        "/..%00/x",
        "/..%20/x",
        "/..%09",
        "*"
      })
  void urlThatLeavesTheBasePathIsRefused(String url) {
    assertThatThrownBy(() -> basePath("http://h/base").urlOf(url))
        .isInstanceOfSatisfying(
            CallRefusedException.class,
            refused -> assertThat(refused.failure()).isEqualTo(Failure.BAD_REQUEST));
  }

  @Test
  void longUrlsAreCheckedInLinearTime() {
    String url = "/" + "%25".repeat(500_000) + "%c0".repeat(500_000) + "/%2e".repeat(3);

    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> assertThatThrownBy(() -> basePath("http://h/base").urlOf(url)).isNotNull());
  }

  private static BasePath basePath(String target) {
    return BasePath.of(URI.create(target));
  }
}
