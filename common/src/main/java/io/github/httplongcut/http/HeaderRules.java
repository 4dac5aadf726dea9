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
 * Rules for header fields of requests and responses: which fields the relay removes, passes on and
 * adds. Each rule names its section, of RFC 9110 unless another source is given.
 */
public final class HeaderRules {

  /**
   * Field with the code of a failure of the relay. {@code Longcut-*} is reserved for the relay
   * (protocol section 5).
   */
  public static final String LONGCUT_ERROR = "Longcut-Error";

  /** Field with the first {@code client_req_id} of the request; every answer to a caller has it. */
  public static final String LONGCUT_REQUEST_ID = "Longcut-Request-Id";

  /**
   * Field with the address of each client and proxy that a request came through, the nearest last.
   */
  public static final String FORWARDED_FOR = "X-Forwarded-For";

  private static final String CONNECTION = "Connection";
  private static final String VIA = "Via";
  private static final String DATE = "Date";
  private static final String MAX_FORWARDS = "Max-Forwards";

  /** Maximum; larger numbers count as this one, as section 7.6.2 allows. */
  private static final int MOST_FORWARDS = 999_999_999;

  private static final int MAX_FORWARDS_DIGITS = 9;
  private static final String FORWARDED_HOST = "X-Forwarded-Host";
  private static final String FORWARDED_PROTO = "X-Forwarded-Proto";
  private static final String FORWARDED_PREFIX = "X-Forwarded-Prefix";

  /** Fields that apply to one connection only, in lower case. */
  private static final Set<String> HOP_BY_HOP =
      Set.of(
          // Section 7.6.1: removed even if Connection does not name them.
          "connection",
          "proxy-connection",
          "keep-alive",
          "te",
          "transfer-encoding",
          "upgrade",
          // Section 6.6.2: announces trailers, which the relay drops, as section 6.5.1 allows.
          "trailer",
          // RFC 9113 section 3.2.1: part of an h2c upgrade, which the relay does not support.
          "http2-settings",
          // Sections 11.7.1 and 11.7.2: apply to the next proxy or client only.
          "proxy-authenticate",
          "proxy-authorization");

  /**
   * Fields that stay even if {@code Connection} names them, in lower case. Section 7.6.1 forbids a
   * sender to name them. Otherwise a malicious sender could have them removed, and the relay would
   * put in a {@code Host} or length of its own.
   */
  private static final Set<String> NEVER_HOP_BY_HOP = Set.of("host", "content-length");

  /**
   * Fields besides {@code X-Forwarded-*} in which proxies, load balancers and CDNs report the
   * caller and the original request. Their names are in the form that {@link #asCgiName} returns. A
   * server may trust these fields, so the relay does not pass on what a caller sent. {@code
   * Client-Cert} and {@code Client-Cert-Chain}: RFC 9440 section 2.4.
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

  private static final String X_FORWARDED = "x-forwarded-";

  /** Fields that a trusted proxy is expected to set or replace. */
  private static final Set<String> SET_BY_TRUSTED_PROXY =
      Set.of("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto");

  /** A number; the group omits leading zeros. */
  private static final Pattern NUMBER = Pattern.compile("(?=[0-9])0*([0-9]*)");

  private static final Pattern LIST_SEPARATOR = Pattern.compile(",");
  private static final Pattern WHITESPACE = Pattern.compile("[ \t]+");

  private HeaderRules() {}

  /**
   * Origin of a request, for {@code X-Forwarded-*}.
   *
   * @param address the caller's IP address
   * @param host the request's {@code Host}; may be empty
   * @param scheme {@code http} or {@code https}
   * @param prefix path prefix that was removed for the upstream server; may be empty
   */
  public record Forwarded(String address, String host, String scheme, String prefix) {}

  /**
   * Returns the end-to-end fields. Removes:
   *
   * <ul>
   *   <li>hop-by-hop fields (section 7.6.1) and {@code Longcut-*} (protocol section 5), also if
   *       spelled with {@code _} for {@code -}, which CGI and WSGI do not distinguish
   *   <li>the fields that {@code Connection} names (section 7.6.1), except {@code Host} and {@code
   *       Content-Length}
   * </ul>
   */
  public static Headers endToEnd(Headers received) {
    Set<String> named = connectionOptions(received);
    named.removeAll(NEVER_HOP_BY_HOP);
    return received.without(
        name ->
            HOP_BY_HOP.contains(asCgiName(name))
                || named.contains(name)
                || asCgiName(name).startsWith("longcut-"));
  }

  /** Removes fields with a {@code _} in their name, as nginx does by default. */
  public static Headers withoutUnderscores(Headers request) {
    return request.without(name -> name.indexOf('_') >= 0);
  }

  /**
   * Replaces {@code _} by {@code -}, since CGI (RFC 3875 section 4.1.18) and WSGI do not
   * distinguish them.
   *
   * @param name in lower case
   */
  private static String asCgiName(String name) {
    return name.replace('_', '-');
  }

  private static boolean isOriginField(String name) {
    String read = asCgiName(name);
    return read.startsWith(X_FORWARDED) || ORIGIN.contains(read);
  }

  /**
   * Returns whether {@code Connection} contains {@code close}: the message is the last on its
   * connection (RFC 9112 section 9.6).
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
   * Removes the request's fields that apply to the transfer of its content:
   *
   * <ul>
   *   <li>{@code Content-Length} (section 8.6): the upstream agent sets it from the body.
   *   <li>{@code Expect: 100-continue} (section 10.1.1): the client agent has met it.
   * </ul>
   */
  public static Headers withoutFraming(Headers request) {
    boolean expectsContinue =
        request.all("Expect").stream().allMatch("100-continue"::equalsIgnoreCase);
    return request.without(
        name ->
            asCgiName(name).equals("content-length") || (expectsContinue && name.equals("expect")));
  }

  /**
   * Appends this relay to {@code Via} (section 7.6.3).
   *
   * @param protocolVersion HTTP version of the received message: {@code 1.1}
   * @param pseudonym name of the relay; a token
   */
  public static Headers withVia(Headers headers, String protocolVersion, String pseudonym) {
    return headers.plus(VIA, protocolVersion + ' ' + pseudonym);
  }

  /**
   * Adds {@code Date}, the time of reception, to a response without it (section 6.6.1). Caches and
   * the {@code Max-Age} of cookies depend on it.
   *
   * @param now in the format of section 5.6.7
   */
  public static Headers withDate(Headers response, String now) {
    return response.contains(DATE) ? response : response.plus(DATE, now);
  }

  /** Returns whether {@code Via} contains this pseudonym: the message loops (section 7.6.3). */
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
   * Removes all fields in which the caller could pretend to be somebody else, and adds {@code
   * X-Forwarded-For}, {@code -Host}, {@code -Proto} and {@code -Prefix} of this hop. The added
   * fields are not standardized; RFC 7239 section 7.4 describes them.
   */
  public static Headers withForwarded(Headers headers, Forwarded forwarded) {
    return withForwardedAppended(headers.without(HeaderRules::isOriginField), forwarded);
  }

  /**
   * Appends {@code X-Forwarded-*} of this hop to the caller's values, one list for each field
   * (section 5.3). Only for callers whose fields are trusted.
   */
  public static Headers withForwardedAppended(Headers headers, Forwarded forwarded) {
    Headers result = appended(headers, FORWARDED_FOR, forwarded.address);
    result = appended(result, FORWARDED_HOST, forwarded.host);
    result = appended(result, FORWARDED_PROTO, forwarded.scheme);
    return appended(result, FORWARDED_PREFIX, forwarded.prefix);
  }

  /**
   * Adds {@code X-Forwarded-*} to a request from a trusted proxy:
   *
   * <ul>
   *   <li>{@code X-Forwarded-For}: this hop's value is appended to the proxy's.
   *   <li>{@code X-Forwarded-Host} and {@code -Proto}: the proxy's values if it has set them, else
   *       this hop's.
   *   <li>All other fields in which a caller could pretend to be somebody else are removed, because
   *       the proxy may have passed them on unchecked.
   * </ul>
   */
  public static Headers withForwardedOfProxy(Headers headers, Forwarded forwarded) {
    Headers trusted =
        headers.without(name -> isOriginField(name) && !SET_BY_TRUSTED_PROXY.contains(name));
    return withForwardedAppended(
        trusted,
        new Forwarded(
            forwarded.address,
            trusted.contains(FORWARDED_HOST) ? "" : forwarded.host,
            trusted.contains(FORWARDED_PROTO) ? "" : forwarded.scheme,
            forwarded.prefix));
  }

  /**
   * Returns {@code Max-Forwards}: how many more times the request may be forwarded (section 7.6.2).
   * Empty if the field is missing. The field applies to OPTIONS and TRACE only.
   *
   * @throws IllegalArgumentException if the field is not one number
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

  /** Decrements {@code Max-Forwards}, if present, in a request that is forwarded. */
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
