package io.github.httplongcut.upstream.http;

import java.util.Iterator;
import java.util.regex.Pattern;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.MessageHeaders;

/**
 * Recognizes authentication that applies to a connection instead of a request, such as NTLM (RFC
 * 4559 section 6; contrary to RFC 9110 section 3.3). Such a connection must not be reused: the
 * server would treat the next caller's request as one of the authenticated user.
 */
final class ConnectionAuth {

  /**
   * A scheme's name at the beginning of a list member. A match inside a quoted string only costs a
   * connection.
   */
  private static final Pattern SCHEME =
      Pattern.compile(
          "(?:^|,)\\s*(?:NTLM|Negotiate|Nego2|Kerberos|CredSSP)(?:[\\s,]|$)",
          Pattern.CASE_INSENSITIVE);

  private ConnectionAuth() {}

  /** Returns whether the request carries such authentication, or the response asks for it. */
  static boolean isUsedBy(HttpRequest request, HttpResponse response) {
    return isIn(request, HttpHeaders.AUTHORIZATION) || isIn(response, HttpHeaders.WWW_AUTHENTICATE);
  }

  private static boolean isIn(MessageHeaders message, String name) {
    for (Iterator<Header> each = message.headerIterator(name); each.hasNext(); ) {
      String value = each.next().getValue();
      if (value != null && SCHEME.matcher(value).find()) {
        return true;
      }
    }
    return false;
  }
}
