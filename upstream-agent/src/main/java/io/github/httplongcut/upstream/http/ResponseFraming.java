package io.github.httplongcut.upstream.http;

import static io.github.httplongcut.logging.LogText.quoted;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpMessage;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.HttpVersion;
import org.apache.hc.core5.http.MessageHeaders;

/**
 * Determines the length of the responses on one connection (RFC 9112 section 6.3). All methods run
 * on the connection's I/O thread.
 *
 * <ul>
 *   <li>Equal {@code Content-Length} values count as one, also as a list in one field. Different
 *       values, or a value that is not a number, are an error: RFC 9112 lets no proxy guess.
 *   <li>{@code identity} and empty members of {@code Transfer-Encoding} are ignored (RFC 2616
 *       section 3.6). A repeated {@code chunked} counts as one, since a server's framework and its
 *       application may both add it.
 *   <li>{@code chunked} takes precedence over {@code Content-Length}.
 *   <li>Any other transfer coding is an error: the request did not offer it (RFC 9110 section
 *       10.1.4), and the caller could not decode it.
 * </ul>
 */
final class ResponseFraming implements ContentLengthStrategy {

  private static final Pattern COMMA = Pattern.compile(",");
  private static final Pattern DIGITS = Pattern.compile("[0-9]+");
  private static final Pattern LEADING_ZEROS = Pattern.compile("^0+(?=[0-9])");

  /** Largest number of digits that always fits a {@code long}. */
  private static final int MAX_DIGITS = 18;

  private static final String CHUNKED_CODING = "chunked";

  private boolean endsWithConnection;
  private boolean writeFailed;

  @Override
  public long determineLength(HttpMessage message) throws InvalidResponseException {
    long length = lengthOf(message);
    boolean refusal =
        message instanceof HttpResponse response
            && response.getCode() >= HttpStatus.SC_CLIENT_ERROR;
    endsWithConnection = length == UNDEFINED && !refusal;
    if (endsWithConnection && writeFailed) {
      throw new InvalidResponseException(
          "it has no length, and the connection failed before the request was fully written");
    }
    return length;
  }

  /**
   * Records that the rest of the request cannot be written. From now on the end of the connection
   * is an error, so it does not complete a response without a length (RFC 9112 section 8). A
   * refusal (4xx, 5xx) is completed nevertheless: if its server has not read the whole request, the
   * connection cannot end without an error.
   *
   * @return whether further reading can complete a response
   */
  boolean onWriteFailed() {
    writeFailed = true;
    return !endsWithConnection;
  }

  private static long lengthOf(MessageHeaders response) throws InvalidResponseException {
    List<String> codings = codings(response);
    if (codings.isEmpty()) {
      return contentLength(response).map(ResponseFraming::number).orElse(UNDEFINED);
    }
    if (codings.stream().allMatch(CHUNKED_CODING::equals)) {
      return CHUNKED;
    }
    throw new InvalidResponseException(
        "its Transfer-Encoding is not \"chunked\", and the request offered no other: "
            + quoted(String.join(", ", members(response, HttpHeaders.TRANSFER_ENCODING))));
  }

  /** Returns whether a transfer coding determines the end of the response, not a length. */
  static boolean isCoded(MessageHeaders response) {
    return !codings(response).isEmpty();
  }

  private static List<String> codings(MessageHeaders response) {
    List<String> codings = new ArrayList<>();
    for (String member : members(response, HttpHeaders.TRANSFER_ENCODING)) {
      String coding = member.toLowerCase(Locale.ROOT);
      if (!coding.isEmpty() && !coding.equals("identity")) {
        codings.add(coding);
      }
    }
    return codings;
  }

  /**
   * Returns the common value of all {@code Content-Length} fields: digits without leading zeros.
   *
   * @throws InvalidResponseException if the values differ, or one is not a number
   */
  static Optional<String> contentLength(MessageHeaders response) throws InvalidResponseException {
    String length = null;
    for (String member : members(response, HttpHeaders.CONTENT_LENGTH)) {
      if (!DIGITS.matcher(member).matches()) {
        throw new InvalidResponseException("its Content-Length is not a number: " + quoted(member));
      }
      String digits =
          member.charAt(0) == '0' ? LEADING_ZEROS.matcher(member).replaceFirst("") : member;
      if (length != null && !length.equals(digits)) {
        throw new InvalidResponseException(
            "it has two different Content-Length values: %s and %s"
                .formatted(quoted(length), quoted(digits)));
      }
      length = digits;
    }
    return Optional.ofNullable(length);
  }

  /** Parses a length. A number too large for a {@code long} becomes {@link Long#MAX_VALUE}. */
  private static long number(String digits) {
    return digits.length() > MAX_DIGITS ? Long.MAX_VALUE : Long.parseLong(digits);
  }

  /**
   * Returns whether the server may have meant another length than the one determined here. Such a
   * connection must not be reused (RFC 9112 section 6.3).
   */
  static boolean isAmbiguous(HttpResponse response) {
    List<String> codings = members(response, HttpHeaders.TRANSFER_ENCODING);
    if (codings.isEmpty()) {
      return false;
    }
    return codings.size() > 1
        || !codings.get(0).equalsIgnoreCase(CHUNKED_CODING)
        || response.containsHeader(HttpHeaders.CONTENT_LENGTH)
        || !response.getVersion().greaterEquals(HttpVersion.HTTP_1_1);
  }

  private static List<String> members(MessageHeaders response, String name) {
    if (!response.containsHeader(name)) {
      return List.of();
    }
    List<String> members = new ArrayList<>();
    for (Iterator<Header> each = response.headerIterator(name); each.hasNext(); ) {
      String value = each.next().getValue();
      for (String member : COMMA.split(value == null ? "" : value, -1)) {
        members.add(member.strip());
      }
    }
    return members;
  }
}
