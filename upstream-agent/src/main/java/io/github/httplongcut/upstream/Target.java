package io.github.httplongcut.upstream;

import io.github.httplongcut.config.Authority;
import io.github.httplongcut.protocol.Failure;
import java.net.URI;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An upstream target as it is called: its settings, and its URL taken apart once.
 *
 * @param config the settings
 * @param server its host and port
 * @param authority what {@code Host} says: host, and port unless it is the scheme's own (RFC 9110
 *     section 7.2)
 * @param basePath put before every URL; empty, or with a slash in front and none behind
 */
record Target(
    UpstreamAgentConfig.Target config, Authority server, String authority, String basePath) {

  /** An encoded ASCII character, by way of as many encodings of its percent sign as there are. */
  private static final Pattern ENCODED = Pattern.compile("%(?:25)*([0-7][0-9A-Fa-f])");

  /** A dot, slash or backslash in two bytes where UTF-8 has one (RFC 3629 section 10). */
  private static final Pattern OVERLONG =
      Pattern.compile("%(?:25)*c0%(?:25)*(ae|af)|%(?:25)*c1%(?:25)*(9c)", Pattern.CASE_INSENSITIVE);

  /** Servers differ in what they take for the end of a segment's name. */
  private static final Pattern SEGMENT_END = Pattern.compile("[/\\\\]");

  private static final Pattern NAME_END = Pattern.compile("[;\\x00-\\x20].*", Pattern.DOTALL);

  /** So often a path is decoded to look for dot segments: some servers decode more than once. */
  private static final int MOST_DECODINGS = 5;

  static Target of(UpstreamAgentConfig.Target config) {
    URI url = config.url();
    Authority server = Authority.of(url).orElseThrow();
    int defaultPort = isTls(url) ? 443 : 80;
    String authority =
        server.port() == -1 || server.port() == defaultPort
            ? server.host()
            : server.host() + ':' + server.port();
    String path = url.getRawPath();
    while (path.endsWith("/")) {
      path = path.substring(0, path.length() - 1);
    }
    return new Target(config, server, authority, path);
  }

  String name() {
    return config.name();
  }

  /** Of the name, which no other has: targets are keys wherever a request is counted. */
  @Override
  public int hashCode() {
    return name().hashCode();
  }

  int capacity() {
    return config.capacity();
  }

  boolean isTls() {
    return isTls(config.url());
  }

  /** Without the brackets of an IPv6 address. */
  String host() {
    return server.hostName();
  }

  int port() {
    return server.port() != -1 ? server.port() : isTls() ? 443 : 80;
  }

  /** Where it is, for people. */
  String hostAndPort() {
    return server.host() + ':' + port();
  }

  /**
   * The request target for the server: base path and URL joined byte for byte, nothing decoded or
   * normalized (RFC 9112 section 3.2.1).
   *
   * @throws CallRefusedException if the URL would lead out of the base path
   */
  String urlOf(String url) throws CallRefusedException {
    if (basePath.isEmpty()) {
      return url;
    }
    if (!url.startsWith("/")) {
      throw new CallRefusedException(
          Failure.BAD_REQUEST, "the upstream target has a base path, which '*' is not under");
    }
    if (hasDotSegments(url)) {
      throw new CallRefusedException(
          Failure.BAD_REQUEST, "the upstream target has a base path: no dot segments in the URL");
    }
    return basePath + url;
  }

  /**
   * Returns whether a segment of the path is {@code .} or {@code ..} as any server may read it:
   * with the dots or slashes percent-encoded, also more than once or in more bytes than needed,
   * with backslashes, with parameters behind a semicolon, with white space or NUL behind the dots.
   */
  private static boolean hasDotSegments(String url) {
    int query = url.indexOf('?');
    String path = query < 0 ? url : url.substring(0, query);
    if (path.indexOf('.') < 0 && path.indexOf('%') < 0) {
      return false;
    }
    String plain = path;
    for (int i = 0; i < MOST_DECODINGS; i++) {
      String once = decoded(plain);
      if (once.equals(plain)) {
        return hasPlainDotSegments(plain);
      }
      plain = once;
    }
    return true; // nobody who means well encodes it so often
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
    String plain = OVERLONG.matcher(path).replaceAll(Target::meaningOfOverlong);
    return ENCODED.matcher(plain).replaceAll(Target::meaningOf);
  }

  private static String meaningOf(MatchResult encoded) {
    return Matcher.quoteReplacement(Character.toString(Integer.parseInt(encoded.group(1), 16)));
  }

  private static String meaningOfOverlong(MatchResult overlong) {
    String last = overlong.group(1) == null ? overlong.group(2) : overlong.group(1);
    return switch (last.toLowerCase(Locale.ROOT)) {
      case "ae" -> ".";
      case "af" -> "/";
      default -> Matcher.quoteReplacement("\\");
    };
  }

  private static boolean isTls(URI url) {
    return url.getScheme().equalsIgnoreCase("https");
  }
}
