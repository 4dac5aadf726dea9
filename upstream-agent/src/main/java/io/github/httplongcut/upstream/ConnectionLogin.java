package io.github.httplongcut.upstream;

import java.util.Iterator;
import java.util.regex.Pattern;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.MessageHeaders;

/**
 * Logins that a server binds to the connection instead of the request (RFC 4559 section 6; against
 * RFC 9110 section 11.1): whoever used the connection next would be served as the one who logged
 * in.
 */
final class ConnectionLogin {

  /** A scheme where one may stand. In a quoted string it costs a connection, and no more. */
  private static final Pattern SCHEME =
      Pattern.compile(
          "(?:^|,)\\s*(?:NTLM|Negotiate|Nego2|Kerberos|CredSSP)(?:[\\s,]|$)",
          Pattern.CASE_INSENSITIVE);

  private ConnectionLogin() {}

  /** Returns whether the request brings such a login, or the answer asks for one. */
  static boolean isPartOf(HttpRequest request, HttpResponse response) {
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
