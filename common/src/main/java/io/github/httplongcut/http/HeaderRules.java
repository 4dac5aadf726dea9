package io.github.httplongcut.http;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which fields pass the relay and which it adds: all of it, both ways, in one class. Each rule
 * names its section; the sections are of RFC 9110 where nothing else stands.
 */
public final class HeaderRules {

  /** Names one failure of the relay's own; {@code Longcut-*} is ours alone (protocol section 5). */
  public static final String LONGCUT_ERROR = "Longcut-Error";

  private static final String CONNECTION = "Connection";
  private static final String VIA = "Via";
  private static final String FORWARDED_FOR = "X-Forwarded-For";
  private static final String FORWARDED_HOST = "X-Forwarded-Host";
  private static final String FORWARDED_PROTO = "X-Forwarded-Proto";

  /** Fields for one connection only, in lower case. */
  private static final Set<String> HOP_BY_HOP =
      Set.of(
          // Section 7.6.1: removed even if Connection does not name them.
          "connection",
          "proxy-connection",
          "keep-alive",
          "te",
          "transfer-encoding",
          "upgrade",
          // Section 6.6.2: it announces trailers, which the relay drops (section 6.5.1 lets it).
          "trailer",
          // RFC 9113 section 3.2.1: part of an h2c upgrade, which nobody takes up here.
          "http2-settings",
          // Sections 11.7.1 and 11.7.2: each is for the next proxy or client alone.
          "proxy-authenticate",
          "proxy-authorization");

  /**
   * Fields that stay even if {@code Connection} names them, in lower case. Section 7.6.1 forbids a
   * sender to name them. A stranger who does would have another {@code Host} or length put in their
   * place.
   */
  private static final Set<String> NEVER_HOP_BY_HOP = Set.of("host", "content-length");

  private static final Pattern LIST_SEPARATOR = Pattern.compile(",");
  private static final Pattern WHITESPACE = Pattern.compile("[ \t]+");

  private HeaderRules() {}

  /**
   * How a request reached the relay.
   *
   * @param address of the caller, as seen
   * @param host the {@code Host} that it asked for; may be empty
   * @param scheme {@code http} or {@code https}
   */
  public record Forwarded(String address, String host, String scheme) {}

  /**
   * What of a message is for its last recipient: without hop-by-hop fields, those that {@code
   * Connection} names (section 7.6.1), and {@code Longcut-*} (protocol section 5).
   */
  public static Headers endToEnd(Headers received) {
    Set<String> named = connectionOptions(received);
    named.removeAll(NEVER_HOP_BY_HOP);
    return received.without(
        name -> HOP_BY_HOP.contains(name) || named.contains(name) || name.startsWith("longcut-"));
  }

  /**
   * Whether this message is to be the last on its connection (RFC 9112 section 9.6), which {@code
   * close} says anywhere in the list.
   */
  public static boolean asksToClose(Headers received) {
    return connectionOptions(received).contains("close");
  }

  private static Set<String> connectionOptions(Headers received) {
    Set<String> options = new HashSet<>();
    for (String value : received.all(CONNECTION)) {
      for (String option : LIST_SEPARATOR.split(value, -1)) {
        options.add(option.strip().toLowerCase(Locale.ROOT));
      }
    }
    return options;
  }

  /**
   * The same without what frames or accompanies a request's content: the body itself says how long
   * it is, so {@code Content-Length} (section 8.6) is written anew by the last hop; {@code Expect:
   * 100-continue} (section 10.1.1) was met when the content came.
   */
  public static Headers withoutFraming(Headers request) {
    boolean expectsContinue =
        request.all("Expect").stream().allMatch("100-continue"::equalsIgnoreCase);
    return request.without(
        name -> name.equals("content-length") || (expectsContinue && name.equals("expect")));
  }

  /**
   * With this relay at the end of {@code Via} (section 7.6.3).
   *
   * @param protocolVersion in which the message came: {@code 1.1}
   * @param pseudonym names the relay: a token
   */
  public static Headers withVia(Headers headers, String protocolVersion, String pseudonym) {
    return headers.plus(VIA, protocolVersion + ' ' + pseudonym);
  }

  /** Whether the message passed the relay of that pseudonym already (section 7.6.3, loops). */
  public static boolean hasPassed(Headers headers, String pseudonym) {
    for (String value : headers.all(VIA)) {
      for (String entry : LIST_SEPARATOR.split(value, -1)) {
        String[] parts = WHITESPACE.split(entry.strip(), -1);
        if (parts.length > 1 && parts[1].equalsIgnoreCase(pseudonym)) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * With {@code X-Forwarded-For}, {@code -Host} and {@code -Proto} of this hop instead of the
   * caller's, which could claim anything. They are no standard; RFC 7239 section 7.4 knows them.
   */
  public static Headers withForwarded(Headers headers, Forwarded forwarded) {
    return withForwardedAppended(
        headers.without(Set.of("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto")),
        forwarded);
  }

  /** The same behind the caller's, where those are believed: one list each (section 5.3). */
  public static Headers withForwardedAppended(Headers headers, Forwarded forwarded) {
    Headers result = appended(headers, FORWARDED_FOR, forwarded.address);
    if (!forwarded.host.isEmpty()) {
      result = appended(result, FORWARDED_HOST, forwarded.host);
    }
    return appended(result, FORWARDED_PROTO, forwarded.scheme);
  }

  private static Headers appended(Headers headers, String name, String value) {
    List<String> values = new ArrayList<>(headers.all(name));
    values.add(value);
    return headers
        .without(Set.of(name.toLowerCase(Locale.ROOT)))
        .plus(name, String.join(", ", values));
  }
}
