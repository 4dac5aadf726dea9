package io.github.httplongcut.broker.inspect;

/**
 * Replaces the values of sensitive members in JSON text. Reads tokens and no structure, so it also
 * masks JSON that is truncated, broken or one of several in a text. All else stays as it is. The
 * time is linear in the length of the text.
 */
final class JsonMask {

  private final SensitiveNames names;
  private final String text;
  private final StringBuilder masked;

  private JsonMask(SensitiveNames names, String text) {
    this.names = names;
    this.text = text;
    this.masked = new StringBuilder(text.length());
  }

  static String mask(SensitiveNames names, String text) {
    return new JsonMask(names, text).mask();
  }

  private String mask() {
    int at = 0;
    while (at < text.length()) {
      int string = text.indexOf('"', at);
      if (string < 0) {
        break;
      }
      int end = endOfString(string);
      masked.append(text, at, end);
      at = end;
      int colon = afterSpace(end);
      if (colon < text.length() && text.charAt(colon) == ':' && isSensitive(string, end)) {
        int value = afterSpace(colon + 1);
        masked.append(text, end, value);
        at = endOfValue(value);
        if (at > value) {
          masked.append('"').append(Masking.MASK).append('"');
        }
      }
    }
    return masked.append(text, Math.min(at, text.length()), text.length()).toString();
  }

  private boolean isSensitive(int string, int end) {
    return names.contains(unescaped(text.substring(string + 1, end - 1)));
  }

  /** Returns the index after the closing quote, or the end of the text. */
  private int endOfString(int quote) {
    for (int i = quote + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == '"') {
        return i + 1;
      }
    }
    return text.length();
  }

  private int afterSpace(int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) <= ' ') {
      at++;
    }
    return at;
  }

  private int endOfValue(int start) {
    int at = start;
    int depth = 0;
    while (at < text.length()) {
      switch (text.charAt(at)) {
        case '"' -> at = endOfString(at);
        case '{', '[' -> {
          depth++;
          at++;
        }
        case '}', ']' -> {
          if (depth == 0) {
            return at;
          }
          depth--;
          at++;
        }
        case ',' -> {
          if (depth == 0) {
            return at;
          }
          at++;
        }
        default -> at++;
      }
      if (depth == 0 && at > start && isClosing(text.charAt(at - 1))) {
        return at;
      }
    }
    return text.length();
  }

  private static boolean isClosing(char c) {
    return c == '"' || c == '}' || c == ']';
  }

  /** Resolves the escapes of RFC 8259 section 7, as far as a name needs them. */
  private static String unescaped(String string) {
    if (string.indexOf('\\') < 0) {
      return string;
    }
    StringBuilder plain = new StringBuilder(string.length());
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c != '\\' || i + 1 == string.length()) {
        plain.append(c);
      } else if (string.charAt(i + 1) == 'u' && isHex(string, i + 2)) {
        plain.append((char) Integer.parseInt(string, i + 2, i + 6, 16));
        i += 5;
      } else {
        plain.append(string.charAt(++i));
      }
    }
    return plain.toString();
  }

  private static boolean isHex(String string, int from) {
    return from + 4 <= string.length()
        && string.substring(from, from + 4).chars().allMatch(c -> Character.digit(c, 16) >= 0);
  }
}
