package io.github.httplongcut.admin;

import io.undertow.util.StatusCodes;
import java.util.function.BooleanSupplier;

/** Decision of {@link AdminAccess} about one request. */
sealed interface AccessDecision {

  /** Reasons why a page is served. */
  enum Proof {
    LOOPBACK,
    TOKEN,
    SESSION
  }

  /**
   * The page is served.
   *
   * @param user who asks: {@code loopback 127.0.0.1} or {@code token from 10.0.0.7}
   * @param isStillValid returns false once the token or the session does not hold any more
   */
  record Granted(Proof proof, String user, BooleanSupplier isStillValid)
      implements AccessDecision {}

  /**
   * The page is not served.
   *
   * @param status 401 if a token would help, 403 if not, 429 if nothing helps for a minute
   * @param error code of the error, for programs
   * @param detail one sentence for the operator
   */
  record Refused(int status, String error, String detail) implements AccessDecision {}

  /** Returns the answer to a request that has no token or a wrong one. */
  static Refused needsToken(String detail) {
    return new Refused(StatusCodes.UNAUTHORIZED, "no_token", detail);
  }

  /** Returns the answer to an address that has sent too many wrong tokens. */
  static Refused limited() {
    return new Refused(
        StatusCodes.TOO_MANY_REQUESTS, "too_many_tokens", "too many wrong tokens: wait a minute");
  }

  /** Returns the answer to a request that no token would help. */
  static Refused forbidden(String error, String detail) {
    return new Refused(StatusCodes.FORBIDDEN, error, detail);
  }
}
