package io.github.httplongcut.broker.inspect;

import java.nio.charset.StandardCharsets;

/**
 * Replaces the values of sensitive parameters in a query or form: {@code a=1&token=...}. The time
 * is linear in the length of the text.
 */
final class ParameterMask {

  private static final int ESCAPE = 3;

  private final SensitiveNames names;

  /** Separates parts. A masked value ends at the end of its part. */
  private final char between;

  /** Characters after which a further pair may begin within a part. */
  private final String within;

  private ParameterMask(SensitiveNames names, char between, String within) {
    this.names = names;
    this.between = between;
    this.within = within;
  }

  /** Masks the query and the fragment of a URL, and the parameters of its path. */
  static String maskUrl(SensitiveNames names, String url) {
    int path = indexOfAny(url, "?#", 0, url.length());
    String masked = new ParameterMask(names, '/', ";").mask(url.substring(0, path));
    return path == url.length()
        ? masked
        : masked + url.charAt(path) + mask(names, url.substring(path + 1));
  }

  /**
   * Masks {@code NAME=VALUE} pairs between {@code &}. A pair may also begin after {@code ;}, {@code
   * ?} or {@code #}; its value then ends at the next {@code &}, too, since it may contain these.
   */
  static String mask(SensitiveNames names, String parameters) {
    return new ParameterMask(names, '&', ";?#").mask(parameters);
  }

  private String mask(String text) {
    StringBuilder masked = new StringBuilder(text.length());
    int at = 0;
    while (at <= text.length()) {
      int next = text.indexOf(between, at);
      int end = next < 0 ? text.length() : next;
      maskPart(text, at, end, masked);
      if (next >= 0) {
        masked.append(between);
      }
      at = end + 1;
    }
    return masked.toString();
  }

  private void maskPart(String text, int start, int end, StringBuilder masked) {
    int at = start;
    while (at <= end) {
      int pairEnd = indexOfAny(text, within, at, end);
      int equals = indexOfAny(text, "=", at, pairEnd);
      if (equals < pairEnd && names.contains(decoded(text.substring(at, equals)))) {
        masked.append(text, at, equals + 1);
        if (equals + 1 < end) {
          masked.append(Masking.MASK);
        }
        return;
      }
      masked.append(text, at, Math.min(pairEnd + 1, end));
      at = pairEnd + 1;
    }
  }

  /** Returns the index of the first of the characters, or {@code end}. */
  private static int indexOfAny(String text, String characters, int from, int end) {
    for (int i = from; i < end; i++) {
      if (characters.indexOf(text.charAt(i)) >= 0) {
        return i;
      }
    }
    return end;
  }

  /** Resolves percent-encoding; malformed escapes stay. */
  private static String decoded(String name) {
    if (name.indexOf('%') < 0) {
      return name;
    }
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    int length = 0;
    int at = 0;
    while (at < bytes.length) {
      int value = bytes[at] == '%' && at + ESCAPE <= bytes.length ? hex(bytes, at + 1) : -1;
      bytes[length++] = value < 0 ? bytes[at] : (byte) value;
      at += value < 0 ? 1 : ESCAPE;
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  /** Returns the value of two digits, or a negative number. */
  private static int hex(byte[] digits, int at) {
    int high = Character.digit(digits[at], 16);
    int low = Character.digit(digits[at + 1], 16);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }
}
