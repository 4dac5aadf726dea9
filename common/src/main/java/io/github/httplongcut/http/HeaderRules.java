package io.github.httplongcut.http;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which fields pass the relay and which it adds: all of it, both ways, in one class. Each rule
 * names its section; the sections are of RFC 9110 where nothing else stands.
 */
public final class HeaderRules {

  /** Names one failure of the relay's own; {@code Longcut-*} is ours alone (protocol section 5). */
  public static final String LONGCUT_ERROR = "Longcut-Error";

  /** Names each client and proxy that a request came from, the nearest one last. */
  public static final String FORWARDED_FOR = "X-Forwarded-For";

  private static final String CONNECTION = "Connection";
  private static final String VIA = "Via";
  private static final String DATE = "Date";
  private static final String MAX_FORWARDS = "Max-Forwards";

  /** Larger numbers count as this one (section 7.6.2 lets a recipient have a maximum). */
  private static final int MOST_FORWARDS = 999_999_999;

  private static final int MAX_FORWARDS_DIGITS = 9;
  private static final String FORWARDED_HOST = "X-Forwarded-Host";
  private static final String FORWARDED_PROTO = "X-Forwarded-Proto";
  private static final String FORWARDED_PREFIX = "X-Forwarded-Prefix";

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

  /**
   * Fields by which proxies, load balancers and CDNs tell who calls and what was asked for, besides
   * {@code X-Forwarded-*}; in lower case, and as CGI reads them. A server that believes them must
   * not get the caller's. {@code Client-Cert} and {@code -Chain}: RFC 9440 section 2.4.
   */
  private static final Set<String> ORIGIN =
      Set.of(
          "cf-connecting-ip",
          "cf-connecting-ipv6",
          "client-cert",
          "client-cert-chain",
          "client-ip",
          "fastly-client-ip",
          "fly-client-ip",
          "forwarded",
          "forwarded-for",
          "front-end-https",
          "http-client-ip",
          "http-x-forwarded-for",
          "proxy-client-ip",
          "remote-user",
          "true-client-ip",
          "wl-proxy-client-ip",
          "x-appengine-user-ip",
          "x-azure-clientip",
          "x-client-cert",
          "x-client-ip",
          "x-cluster-client-ip",
          "x-envoy-external-address",
          "x-envoy-original-path",
          "x-forwarded",
          "x-original-for",
          "x-original-forwarded-for",
          "x-original-host",
          "x-original-proto",
          "x-original-uri",
          "x-original-url",
          "x-originating-ip",
          "x-real-ip",
          "x-remote-addr",
          "x-remote-ip",
          "x-remote-user",
          "x-rewrite-url",
          "x-scheme");

  private static final String FORWARDED_PREFIX_OF_NAMES = "x-forwarded-";

  /** Fields that a trusted proxy is known to set or to replace. */
  private static final Set<String> OF_TRUSTED_PROXY =
      Set.of("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto");

  /** A number; the group is without zeros at its beginning. */
  private static final Pattern NUMBER = Pattern.compile("(?=[0-9])0*([0-9]*)");

  private static final Pattern LIST_SEPARATOR = Pattern.compile(",");
  private static final Pattern WHITESPACE = Pattern.compile("[ \t]+");

  private HeaderRules() {}

  /**
   * How a request reached the relay.
   *
   * @param address of the caller, as seen
   * @param host the {@code Host} that it asked for; may be empty
   * @param scheme {@code http} or {@code https}
   * @param prefix of the path, which the upstream server does not see; empty: none
   */
  public record Forwarded(String address, String host, String scheme, String prefix) {}

  /**
   * What of a message is for its last recipient: without hop-by-hop fields, those that {@code
   * Connection} names (section 7.6.1), and {@code Longcut-*} (protocol section 5), also where CGI
   * and WSGI would read such a name.
   */
  public static Headers endToEnd(Headers received) {
    Set<String> named = connectionOptions(received);
    named.removeAll(NEVER_HOP_BY_HOP);
    return received.without(
        name ->
            HOP_BY_HOP.contains(asCgiReads(name))
                || named.contains(name)
                || asCgiReads(name).startsWith("longcut-"));
  }

  /** Without any name that has a {@code _}, as nginx does by default. */
  public static Headers withoutUnderscores(Headers request) {
    return request.without(name -> name.indexOf('_') >= 0);
  }

  /** A name in lower case as CGI (RFC 3875 section 4.1.18) and WSGI pass it on. */
  private static String asCgiReads(String name) {
    return name.replace('_', '-');
  }

  private static boolean tellsOrigin(String name) {
    String read = asCgiReads(name);
    return read.startsWith(FORWARDED_PREFIX_OF_NAMES) || ORIGIN.contains(read);
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
        name ->
            asCgiReads(name).equals("content-length")
                || (expectsContinue && name.equals("expect")));
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

  /**
   * A response with the time at which it was received, unless it says when it was made (section
   * 6.6.1): caches and cookies' {@code Max-Age} depend on it.
   *
   * @param now in the form of section 5.6.7
   */
  public static Headers withDate(Headers response, String now) {
    return response.contains(DATE) ? response : response.plus(DATE, now);
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
   * With {@code X-Forwarded-For}, {@code -Host}, {@code -Proto} and {@code -Prefix} of this hop
   * instead of anything by which the caller could pass for somebody else. They are no standard; RFC
   * 7239 section 7.4 knows them.
   */
  public static Headers withForwarded(Headers headers, Forwarded forwarded) {
    return withForwardedAppended(headers.without(HeaderRules::tellsOrigin), forwarded);
  }

  /** The same behind the caller's, where those are believed: one list each (section 5.3). */
  public static Headers withForwardedAppended(Headers headers, Forwarded forwarded) {
    Headers result = appended(headers, FORWARDED_FOR, forwarded.address);
    result = appended(result, FORWARDED_HOST, forwarded.host);
    result = appended(result, FORWARDED_PROTO, forwarded.scheme);
    return appended(result, FORWARDED_PREFIX, forwarded.prefix);
  }

  /**
   * With what a trusted proxy says of the caller before it: its {@code X-Forwarded-Host} and {@code
   * -Proto} as they are, where it has set them, its {@code -For} with this hop's behind. Nothing
   * else by which a caller could pass for somebody else: the proxy may have passed it on unread.
   */
  public static Headers withForwardedOfProxy(Headers headers, Forwarded forwarded) {
    Headers said = headers.without(name -> tellsOrigin(name) && !OF_TRUSTED_PROXY.contains(name));
    return withForwardedAppended(
        said,
        new Forwarded(
            forwarded.address,
            said.contains(FORWARDED_HOST) ? "" : forwarded.host,
            said.contains(FORWARDED_PROTO) ? "" : forwarded.scheme,
            forwarded.prefix));
  }

  /**
   * Returns how many more times the request may be forwarded by its {@code Max-Forwards} (section
   * 7.6.2), which is for OPTIONS and TRACE only; empty: as often as it has to.
   *
   * @throws IllegalArgumentException if it is not one number
   */
  public static OptionalInt maxForwards(Headers request) {
    List<String> values = request.all(MAX_FORWARDS);
    if (values.isEmpty()) {
      return OptionalInt.empty();
    }
    Matcher number = NUMBER.matcher(values.get(0));
    if (values.size() > 1 || !number.matches()) {
      throw new IllegalArgumentException("Max-Forwards is not one number");
    }
    String digits = number.group(1);
    return OptionalInt.of(
        digits.length() > MAX_FORWARDS_DIGITS ? MOST_FORWARDS : Integer.parseInt('0' + digits));
  }

  /** Returns the request as it is forwarded: with a {@code Max-Forwards} lowered by one. */
  public static Headers withMaxForwardsLowered(Headers request) {
    OptionalInt left = maxForwards(request);
    if (left.isEmpty()) {
      return request;
    }
    return request
        .without(MAX_FORWARDS.toLowerCase(Locale.ROOT)::equals)
        .plus(MAX_FORWARDS, Integer.toString(left.getAsInt() - 1));
  }

  private static Headers appended(Headers headers, String name, String value) {
    if (value.isEmpty()) {
      return headers;
    }
    List<String> values = new ArrayList<>(headers.all(name));
    values.add(value);
    return headers
        .without(Set.of(name.toLowerCase(Locale.ROOT)))
        .plus(name, String.join(", ", values));
  }
}
