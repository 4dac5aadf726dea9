package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.Failure;
import java.net.URI;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The path of a target's URL, which begins the URL of every request to its server. No request may
 * leave it.
 *
 * @param path empty, or begins with a slash and does not end with one
 */
public record BasePath(String path) {

  /**
   * A percent-encoded ASCII character. Its percent sign may itself be encoded any number of times.
   */
  private static final Pattern ENCODED = Pattern.compile("%(?:25)*([0-7][0-9A-Fa-f])");

  /** An overlong UTF-8 encoding (two bytes) of a dot, slash or backslash (RFC 3629 section 10). */
  private static final Pattern OVERLONG =
      Pattern.compile("%(?:25)*c0%(?:25)*(ae|af)|%(?:25)*c1%(?:25)*(9c)", Pattern.CASE_INSENSITIVE);

  /** Separators of path segments. Some servers treat a backslash as a slash. */
  private static final Pattern SEGMENT_END = Pattern.compile("[/\\\\]");

  /**
   * The part of a segment that some servers ignore: from the first semicolon, space or control
   * character to the end.
   */
  private static final Pattern NAME_END = Pattern.compile("[;\\x00-\\x20].*", Pattern.DOTALL);

  /** Limit on decoding passes in the search for dot segments. Some servers decode repeatedly. */
  private static final int MAX_DECODINGS = 5;

  /** Returns the base path of a target's URL, without slashes at its end. */
  public static BasePath of(URI url) {
    String path = url.getRawPath();
    while (path.endsWith("/")) {
      path = path.substring(0, path.length() - 1);
    }
    return new BasePath(path);
  }

  /**
   * Returns the HTTP request target (RFC 9112 section 3.2.1): the base path followed by the URL.
   * Nothing is decoded or normalized.
   *
   * @throws CallRefusedException if the URL would lead out of the base path
   */
  String urlOf(String url) throws CallRefusedException {
    if (path.isEmpty()) {
      return url;
    }
    if (!url.startsWith("/")) {
      throw new CallRefusedException(
          Failure.BAD_REQUEST,
          "the URL '*' cannot be relayed: the upstream target has a base path");
    }
    if (hasDotSegments(url)) {
      throw new CallRefusedException(
          Failure.BAD_REQUEST,
          "the URL must not contain the path segments '.' and '..': the upstream target has a base"
              + " path");
    }
    return path + url;
  }

  /**
   * Returns whether some server could read a segment of the path as {@code .} or {@code ..}.
   * Servers differ, so this method recognizes:
   *
   * <ul>
   *   <li>dots and slashes that are percent-encoded, also repeatedly or as overlong UTF-8;
   *   <li>backslashes in place of slashes;
   *   <li>dots followed by parameters (after a semicolon), white space or NUL.
   * </ul>
   */
  private static boolean hasDotSegments(String url) {
    int query = url.indexOf('?');
    String path = query < 0 ? url : url.substring(0, query);
    if (path.indexOf('.') < 0 && path.indexOf('%') < 0) {
      return false;
    }
    String plain = path;
    for (int i = 0; i < MAX_DECODINGS; i++) {
      String once = decoded(plain);
      if (once.equals(plain)) {
        return hasPlainDotSegments(plain);
      }
      plain = once;
    }
    return true; // no well-meaning caller encodes a URL this many times
  }

  private static boolean hasPlainDotSegments(String path) {
    for (String segment : SEGMENT_END.split(path, -1)) {
      String name = NAME_END.matcher(segment).replaceFirst("");
      if (name.equals(".") || name.equals("..")) {
        return true;
      }
    }
    return false;
  }

  private static String decoded(String path) {
    if (path.indexOf('%') < 0) {
      return path;
    }
    String plain = OVERLONG.matcher(path).replaceAll(BasePath::decodedOverlong);
    return ENCODED.matcher(plain).replaceAll(BasePath::decodedCharacter);
  }

  private static String decodedCharacter(MatchResult encoded) {
    return Matcher.quoteReplacement(Character.toString(Integer.parseInt(encoded.group(1), 16)));
  }

  private static String decodedOverlong(MatchResult overlong) {
    String last = overlong.group(1) == null ? overlong.group(2) : overlong.group(1);
    return switch (last.toLowerCase(Locale.ROOT)) {
      case "ae" -> ".";
      case "af" -> "/";
      default -> Matcher.quoteReplacement("\\");
    };
  }
}
