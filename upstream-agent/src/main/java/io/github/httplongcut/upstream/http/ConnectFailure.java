package io.github.httplongcut.upstream.http;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ConnectTimeoutException;

/** Reason for which no connection to an upstream server could be opened. */
enum ConnectFailure {
  UNKNOWN_HOST("the host name cannot be resolved"),
  TIMEOUT("the connection attempt timed out"),
  NO_ROUTE("no route to host"),
  REFUSED("connection refused"),
  TLS("TLS handshake failed: "),
  OTHER("");

  private final String words;

  ConnectFailure(String words) {
    this.words = words;
  }

  /** Returns the value of the label {@code reason}. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the reason of the first cause that tells one. */
  static ConnectFailure of(Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof UnknownHostException) {
        return UNKNOWN_HOST;
      }
      if (each instanceof ConnectTimeoutException || each instanceof SocketTimeoutException) {
        return TIMEOUT;
      }
      if (each instanceof NoRouteToHostException) {
        return NO_ROUTE;
      }
      if (each instanceof ConnectException) {
        return REFUSED;
      }
      if (each instanceof SSLException) {
        return TLS;
      }
    }
    return OTHER;
  }

  /** Returns the reason in words. */
  static String reason(Throwable cause) {
    ConnectFailure failure = of(cause);
    return switch (failure) {
      case UNKNOWN_HOST, TIMEOUT, NO_ROUTE, REFUSED -> failure.words;
      case TLS, OTHER -> failure.words + rootMessage(cause);
    };
  }

  private static String rootMessage(Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }
}
