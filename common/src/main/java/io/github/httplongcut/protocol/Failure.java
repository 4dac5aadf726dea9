package io.github.httplongcut.protocol;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Kind of failure of a request: its code on the wire and for the caller, its HTTP status and title
 * (protocol section 5), and whether the request ran. This is the only table of these.
 */
public enum Failure {
  BAD_REQUEST("bad_request", 400, "Bad request", Execution.DID_NOT_RUN),
  UNAUTHORIZED("unauthorized", 401, "Credentials needed", Execution.DID_NOT_RUN),
  CALLER_FORBIDDEN("caller_forbidden", 403, "Caller not allowed", Execution.DID_NOT_RUN),
  TARGET_FORBIDDEN("target_forbidden", 403, "Upstream target not allowed", Execution.DID_NOT_RUN),
  REQUEST_NOT_ALLOWED(
      "request_not_allowed",
      403,
      "Request not allowed by the upstream agent",
      Execution.DID_NOT_RUN),
  NO_ROUTE("no_route", 404, "No route to an upstream target", Execution.DID_NOT_RUN),
  METHOD_NOT_ALLOWED("method_not_allowed", 405, "Method not allowed", Execution.DID_NOT_RUN),
  READ_TIMEOUT("read_timeout", 408, "Request sent too slowly", Execution.DID_NOT_RUN),
  REQUEST_TOO_LARGE("request_too_large", 413, "Request body too large", Execution.DID_NOT_RUN),
  URL_TOO_LONG("url_too_long", 414, "URL too long", Execution.DID_NOT_RUN),
  RATE_LIMITED("rate_limited", 429, "Too many requests", Execution.DID_NOT_RUN, Retry.LATER),
  HEADERS_TOO_LARGE("headers_too_large", 431, "Request headers too large", Execution.DID_NOT_RUN),
  INTERNAL_ERROR("internal_error", 500, "Internal error", Execution.MAY_HAVE_RUN),
  NOT_IMPLEMENTED("not_implemented", 501, "Not implemented", Execution.MAY_HAVE_RUN),
  UPSTREAM_UNREACHABLE(
      "upstream_unreachable", 502, "Upstream server unreachable", Execution.DID_NOT_RUN),
  UPSTREAM_PROTOCOL_ERROR(
      "upstream_protocol_error", 502, "Upstream server broke HTTP", Execution.MAY_HAVE_RUN),
  RESPONSE_TOO_LARGE("response_too_large", 502, "Response too large", Execution.RAN),
  UPSTREAM_AGENT_LOST("upstream_agent_lost", 502, "Upstream agent lost", Execution.MAY_HAVE_RUN),
  OVERLOADED("overloaded", 503, "Overloaded", Execution.DID_NOT_RUN, Retry.LATER),
  UPSTREAM_BUSY("upstream_busy", 503, "Upstream agents busy", Execution.DID_NOT_RUN, Retry.LATER),
  NO_UPSTREAM_AGENT(
      "no_upstream_agent", 503, "No upstream agent", Execution.DID_NOT_RUN, Retry.LATER),
  BROKER_UNAVAILABLE(
      "broker_unavailable", 503, "Broker unavailable", Execution.DID_NOT_RUN, Retry.LATER),
  BROKER_ACK_TIMEOUT("broker_ack_timeout", 504, "Broker did not answer", Execution.MAY_HAVE_RUN),
  UPSTREAM_ACK_TIMEOUT(
      "upstream_ack_timeout", 504, "Upstream agent did not answer", Execution.MAY_HAVE_RUN),
  UPSTREAM_REPLY_TIMEOUT(
      "upstream_reply_timeout",
      504,
      "Upstream agent did not reply in time",
      Execution.MAY_HAVE_RUN),
  UPSTREAM_TIMEOUT("upstream_timeout", 504, "Upstream server timed out", Execution.MAY_HAVE_RUN),
  REQUEST_TIMEOUT("request_timeout", 504, "Request timed out", Execution.MAY_HAVE_RUN),
  LOOP_DETECTED("loop_detected", 508, "Loop detected", Execution.DID_NOT_RUN),

  /**
   * The request certainly did not run and may be sent again. Used between processes only, never
   * shown to a caller (protocol section 4). It has a status in case a bug shows it nevertheless.
   */
  NOT_RUN("not_run", 503, "Did not run", Execution.DID_NOT_RUN, Retry.LATER);

  /** Answer to the question whether a server ran the request. */
  public enum Execution {
    DID_NOT_RUN,
    MAY_HAVE_RUN,
    RAN
  }

  /** Selects whether the answer has {@code Retry-After}. */
  private enum Retry {
    LATER,
    NOT_INDICATED
  }

  private static final Map<String, Failure> BY_CODE = new HashMap<>();

  static {
    for (Failure failure : values()) {
      BY_CODE.put(failure.code, failure);
    }
  }

  private final String code;
  private final int status;
  private final String title;
  private final Execution execution;
  private final Retry retry;

  Failure(String code, int status, String title, Execution execution) {
    this(code, status, title, execution, Retry.NOT_INDICATED);
  }

  Failure(String code, int status, String title, Execution execution, Retry retry) {
    this.code = code;
    this.status = status;
    this.title = title;
    this.execution = execution;
    this.retry = retry;
  }

  /** Returns the code on the wire, in {@code Longcut-Error} and in the problem's {@code type}. */
  public String code() {
    return code;
  }

  /** Returns the HTTP status. */
  public int status() {
    return status;
  }

  /** Returns the problem's {@code title} (RFC 9457 section 3.1.3), the same for each occurrence. */
  public String title() {
    return title;
  }

  /**
   * Returns whether a server ran the request, as far as the failure itself tells. A repeatable
   * request may have run in an earlier attempt.
   */
  public Execution execution() {
    return execution;
  }

  /** Returns whether the answer has {@code Retry-After} (RFC 9110 section 10.2.3). */
  public boolean retryLater() {
    return retry == Retry.LATER;
  }

  /** Returns the failure of a code; empty for a code that this version does not know. */
  public static Optional<Failure> ofCode(String code) {
    return Optional.ofNullable(BY_CODE.get(code));
  }
}
