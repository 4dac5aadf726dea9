package io.github.httplongcut.upstream.http;

import static io.github.httplongcut.logging.LogText.quoted;

import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpVersion;
import org.apache.hc.core5.http.ParseException;
import org.apache.hc.core5.http.message.LazyLaxLineParser;
import org.apache.hc.core5.http.message.LineParser;
import org.apache.hc.core5.http.message.RequestLine;
import org.apache.hc.core5.http.message.StatusLine;
import org.apache.hc.core5.util.CharArrayBuffer;

/**
 * Parses the status line and header lines of a response as leniently as HttpCore does. An error
 * message quotes the line and names its fault.
 */
final class ResponseLineParser implements LineParser {

  private static final int LOWEST_STATUS = 100;
  private static final int HIGHEST_STATUS = 999;
  private static final char DELETE = 0x7f;

  private static final LineParser LENIENT = LazyLaxLineParser.INSTANCE;

  @Override
  public RequestLine parseRequestLine(CharArrayBuffer line) throws ParseException {
    return LENIENT.parseRequestLine(line);
  }

  @Override
  public StatusLine parseStatusLine(CharArrayBuffer line) throws ParseException {
    StatusLine statusLine;
    try {
      statusLine = LENIENT.parseStatusLine(line);
    } catch (ParseException | IllegalArgumentException e) {
      throw invalid("its first line is not an HTTP/1 status line", line);
    }
    int status = statusLine.getStatusCode();
    if (status < LOWEST_STATUS || status > HIGHEST_STATUS) {
      throw invalid("its status code is not between 100 and 999", line);
    }
    if (statusLine.getProtocolVersion().greaterEquals(HttpVersion.HTTP_2)) {
      throw invalid("its HTTP version is not 1.x", line);
    }
    return statusLine;
  }

  @Override
  public Header parseHeader(CharArrayBuffer line) throws ParseException {
    Header field;
    try {
      field = LENIENT.parseHeader(line);
    } catch (ParseException e) {
      throw invalid("a header line does not begin with a name and a colon", line);
    }
    if (hasSpaceOrControl(field.getName())) {
      throw new InvalidResponseException(
          "a header name contains a space or a control character: " + quoted(field.getName()));
    }
    return field;
  }

  private static boolean hasSpaceOrControl(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) <= ' ' || name.charAt(i) == DELETE) {
        return true;
      }
    }
    return false;
  }

  private static InvalidResponseException invalid(String fault, CharArrayBuffer line) {
    return new InvalidResponseException(fault + ": " + quoted(line.toString()));
  }
}
