package io.github.httplongcut.logging;

import static io.github.httplongcut.logging.LogText.quoted;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogTextTest {

  @Test
  void ordinaryTextIsOnlyQuoted() {
    assertThat(quoted("")).isEqualTo("\"\"");
    assertThat(quoted("orders.acme.shop-1-k3v7qa")).isEqualTo("\"orders.acme.shop-1-k3v7qa\"");
    assertThat(quoted("Grüße, 東京 😀")).isEqualTo("\"Grüße, 東京 😀\"");
  }

  @Test
  void nullHasNoQuotes() {
    assertThat(quoted(null)).isEqualTo("null");
    assertThat(quoted("null")).isEqualTo("\"null\"");
  }

  @Test
  void quotesAndBackslashesAreEscaped() {
    assertThat(quoted("x\" user=\"admin")).isEqualTo("\"x\\\" user=\\\"admin\"");
    assertThat(quoted("x\\")).isEqualTo("\"x\\\\\"");
    assertThat(quoted("\\n")).isEqualTo("\"\\\\n\"");
  }

  @Test
  void lineBreaksAreEscaped() {
    assertThat(quoted("a\r\nb\tc")).isEqualTo("\"a\\r\\nb\\tc\"");
    assertThat(quoted("a\u0085b\u2028c\u2029d")).isEqualTo("\"a\\u0085b\\u2028c\\u2029d\"");
  }

  @Test
  void terminalEscapesAreEscaped() {
    assertThat(quoted("\u001b[2J\u009b31m\u0007\u0000\u007f"))
        .isEqualTo("\"\\u001b[2J\\u009b31m\\u0007\\u0000\\u007f\"");
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0x061c, 0x200b, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067,
        0x2068, 0x2069, 0xfeff, 0xe000, 0xffff
      })
  void invisibleAndBidiCharactersAreEscaped(int codePoint) {
    assertThat(quoted("a" + Character.toString(codePoint) + "b"))
        .isEqualTo(String.format("\"a\\u%04xb\"", codePoint));
  }

  @Test
  void unpairedSurrogatesAreEscaped() {
    assertThat(quoted("a\ud83db\ude00")).isEqualTo("\"a\\ud83db\\ude00\"");
  }

  @Test
  void invisibleSupplementaryCharactersAreEscaped() {
    assertThat(quoted("a" + Character.toString(0xe0041))).isEqualTo("\"a\\udb40\\udc41\"");
  }

  @Test
  void longTextIsTruncatedWithAnEllipsisAfterTheQuote() {
    assertThat(quoted("x".repeat(200))).isEqualTo('"' + "x".repeat(200) + '"');
    assertThat(quoted("x".repeat(201))).isEqualTo('"' + "x".repeat(200) + "\"…");
    assertThat(quoted("x".repeat(5_000_000))).hasSize(203);
    assertThat(quoted("\u0001".repeat(1_000))).hasSize(6 * 200 + 3);
  }

  @Test
  void truncationDoesNotSplitASurrogatePair() {
    assertThat(quoted("x".repeat(199) + "😀")).isEqualTo('"' + "x".repeat(199) + "\"…");
  }

  @Test
  void plainTextHasNoQuotesAndNoInvisibleCharacters() {
    assertThat(LogText.plain("no \"route\" \\ Grüße 😀", 50)).isEqualTo("no \"route\" \\ Grüße 😀");
    assertThat(LogText.plain("\na\r\n\tb\u001b[2J\u2028\u202e\ud83d\n", 50)).isEqualTo("a   b [2J");
  }

  @Test
  void plainTextIsTruncatedToItsLimit() {
    assertThat(LogText.plain("x".repeat(10), 10)).isEqualTo("x".repeat(10));
    assertThat(LogText.plain("x".repeat(11), 10)).isEqualTo("x".repeat(9) + '…');
    assertThat(LogText.plain("x".repeat(8) + "😀xx", 10)).isEqualTo("x".repeat(8) + '…');
  }
}
