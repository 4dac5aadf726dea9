package io.github.httplongcut.client.accesslog;

import io.github.httplongcut.protocol.ProcessId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * One request that has ended. Texts of the caller are as received, but cut: {@link #cut}. The
 * encoders escape them.
 *
 * @param receivedAt time at which the request began
 * @param clientReqId the first {@code client_req_id}
 * @param caller the caller's address; empty if unknown
 */
public record AccessEntry(
    Instant receivedAt,
    UUID clientReqId,
    String caller,
    Received received,
    Relaying relaying,
    Result result) {

  /** Maximum length of a text of the caller, in characters. Bounds the memory of the queue. */
  static final int MAX_CHARS = 1_000;

  private static final String ELLIPSIS = "...";

  /**
   * Request line and header fields as the caller sent them. A text is empty if the caller did not
   * send it, or if it is hidden.
   *
   * @param path as received, without the authority of an absolute-form
   * @param query without its question mark
   * @param protocol {@code HTTP/1.1}
   * @param requestId the {@code X-Request-Id}
   */
  public record Received(
      String method,
      String path,
      String query,
      String protocol,
      String referer,
      String userAgent,
      String requestId) {

    /** A request that could not be parsed. */
    public static final Received NOTHING = new Received("", "", "", "", "", "", "");
  }

  /**
   * Path of the request through the relay.
   *
   * @param publications ids of the publications after the first, oldest first
   * @param brokerId the broker that acked the request last
   */
  public record Relaying(
      Optional<String> upstreamTarget, List<UUID> publications, Optional<ProcessId> brokerId) {

    /** A request whose target is not known. */
    public static final Relaying NONE = new Relaying(Optional.empty(), List.of(), Optional.empty());
  }

  /**
   * Outcome, sizes and time of the request.
   *
   * @param outcome as in {@code longcut_client_requests_seconds}
   * @param status of the answer; 499 if there was none
   * @param requestBytes bytes of the body that were received
   * @param responseBytes bytes of the body that were written
   * @param nanos time from the head of the request to the last byte of the answer
   */
  public record Result(
      String outcome, int status, long requestBytes, long responseBytes, long nanos) {}

  /** Returns the text, cut after {@value #MAX_CHARS} characters. */
  public static String cut(String text) {
    return cut(text, MAX_CHARS);
  }

  /** Returns the text, cut after {@code maxChars} characters; dots then replace the rest. */
  public static String cut(String text, int maxChars) {
    return text.length() <= maxChars ? text : text.substring(0, maxChars) + ELLIPSIS;
  }
}
