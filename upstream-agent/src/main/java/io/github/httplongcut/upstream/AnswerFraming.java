package io.github.httplongcut.upstream;

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
 * Finds the end of the answers of one connection (RFC 9112 section 6.3). On the connection's I/O
 * thread.
 *
 * <ul>
 *   <li>Equal lengths count as one, also as a list in one field. Lengths that differ, or are no
 *       number, are an error: RFC 9112 lets no proxy guess.
 *   <li>{@code identity} and empty members of {@code Transfer-Encoding} are no coding (RFC 2616
 *       section 3.6); {@code chunked} said twice is still one coding, since a server's framework
 *       and its application may both say it.
 *   <li>Chunks count before a length. A length counts beside {@code identity} alone.
 *   <li>Any other coding is an error: the relay asked for none (RFC 9110 section 10.1.4), and its
 *       caller could not decode it.
 * </ul>
 */
final class AnswerFraming implements ContentLengthStrategy {

  private static final Pattern COMMA = Pattern.compile(",");
  private static final Pattern DIGITS = Pattern.compile("[0-9]+");
  private static final Pattern LEADING_ZEROS = Pattern.compile("^0+(?=[0-9])");

  /** A number of more digits may not fit a {@code long}. */
  private static final int MOST_DIGITS = 18;

  private static final String CHUNKED_CODING = "chunked";

  private boolean endsWithConnection;
  private boolean requestCutOff;

  @Override
  public long determineLength(HttpMessage answer) throws InvalidAnswerException {
    long length = lengthOf(answer);
    boolean refusal =
        answer instanceof HttpResponse response && response.getCode() >= HttpStatus.SC_CLIENT_ERROR;
    endsWithConnection = length == UNDEFINED && !refusal;
    if (endsWithConnection && requestCutOff) {
      throw new InvalidAnswerException(
          "it has no length, and the connection broke before the request was written");
    }
    return length;
  }

  /**
   * The rest of the request cannot be written any more; the answer may still be read. From here on
   * the end of the connection is an error, so it does not complete an answer without a length (RFC
   * 9112 section 8). The exception is a refusal (4xx, 5xx): a server that refuses a request unread
   * cannot close without an error.
   *
   * @return whether reading on can complete an answer
   */
  boolean cutOffRequest() {
    requestCutOff = true;
    return !endsWithConnection;
  }

  private static long lengthOf(MessageHeaders answer) throws InvalidAnswerException {
    List<String> codings = codings(answer);
    if (codings.isEmpty()) {
      return contentLength(answer).map(AnswerFraming::number).orElse(UNDEFINED);
    }
    if (codings.stream().allMatch(CHUNKED_CODING::equals)) {
      return CHUNKED;
    }
    throw new InvalidAnswerException(
        "its Transfer-Encoding is not \"chunked\", and the relay asked for no other: "
            + quoted(String.join(", ", members(answer, HttpHeaders.TRANSFER_ENCODING))));
  }

  /** Returns whether a transfer coding ends the answer, so that no length counts. */
  static boolean isCoded(MessageHeaders answer) {
    return !codings(answer).isEmpty();
  }

  private static List<String> codings(MessageHeaders answer) {
    List<String> codings = new ArrayList<>();
    for (String member : members(answer, HttpHeaders.TRANSFER_ENCODING)) {
      String coding = member.toLowerCase(Locale.ROOT);
      if (!coding.isEmpty() && !coding.equals("identity")) {
        codings.add(coding);
      }
    }
    return codings;
  }

  /**
   * The one length that all {@code Content-Length} name: digits, without leading zeros.
   *
   * @throws InvalidAnswerException if they differ, or one is no number
   */
  static Optional<String> contentLength(MessageHeaders answer) throws InvalidAnswerException {
    String length = null;
    for (String member : members(answer, HttpHeaders.CONTENT_LENGTH)) {
      if (!DIGITS.matcher(member).matches()) {
        throw new InvalidAnswerException("its Content-Length is no number: " + quoted(member));
      }
      String digits =
          member.charAt(0) == '0' ? LEADING_ZEROS.matcher(member).replaceFirst("") : member;
      if (length != null && !length.equals(digits)) {
        throw new InvalidAnswerException(
            "it has two Content-Length that differ: %s and %s"
                .formatted(quoted(length), quoted(digits)));
      }
      length = digits;
    }
    return Optional.ofNullable(length);
  }

  /** {@link Long#MAX_VALUE} stands for what is too large for a {@code long}: over every limit. */
  private static long number(String digits) {
    return digits.length() > MOST_DIGITS ? Long.MAX_VALUE : Long.parseLong(digits);
  }

  /**
   * Returns whether the server may have meant another end than the one that was found: its
   * connection must not be used again (RFC 9112 section 6.3).
   */
  static boolean isDoubtful(HttpResponse answer) {
    List<String> codings = members(answer, HttpHeaders.TRANSFER_ENCODING);
    if (codings.isEmpty()) {
      return false;
    }
    return codings.size() > 1
        || !codings.get(0).equalsIgnoreCase(CHUNKED_CODING)
        || answer.containsHeader(HttpHeaders.CONTENT_LENGTH)
        || !answer.getVersion().greaterEquals(HttpVersion.HTTP_1_1);
  }

  private static List<String> members(MessageHeaders answer, String name) {
    if (!answer.containsHeader(name)) {
      return List.of();
    }
    List<String> members = new ArrayList<>();
    for (Iterator<Header> each = answer.headerIterator(name); each.hasNext(); ) {
      String value = each.next().getValue();
      for (String member : COMMA.split(value == null ? "" : value, -1)) {
        members.add(member.strip());
      }
    }
    return members;
  }
}
