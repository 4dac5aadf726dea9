package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import java.util.Optional;
import java.util.UUID;

/**
 * Account of a request for operators: the request, its steps, its end. Immutable. Does not refer to
 * the request's headers and body.
 *
 * @param ending empty while the request is in flight
 */
public record RequestRecord(
    Subject subject, RequestSteps history, Optional<Ending> ending, Ran ran) {

  /** Maximum length of a path. */
  static final int PATH_CHARS = 200;

  /** End of a path that was cut. No URL contains this character. */
  public static final char CUT = '…';

  /**
   * The request.
   *
   * @param path the URL without its query, which may hold secrets; a longer one than {@value
   *     RequestRecord#PATH_CHARS} characters is cut, and ends with {@link #CUT}
   * @param bytes length of the body; for a text with escapes, an upper bound
   */
  public record Subject(
      UUID clientReqId, ProcessId clientId, String target, String method, String path, long bytes) {

    static Subject of(ClientRequest event) {
      Request request = event.request();
      return new Subject(
          event.clientReqId(),
          event.clientId(),
          request.upstreamTarget(),
          request.method(),
          pathOf(request.url()),
          request.body().lengthAtMost());
    }

    private static String pathOf(String url) {
      int query = url.indexOf('?');
      int end = query < 0 ? url.length() : query;
      return end <= PATH_CHARS ? url.substring(0, end) : url.substring(0, PATH_CHARS - 1) + CUT;
    }
  }

  /** Returns the same account with another form of the path. */
  public RequestRecord withPath(String path) {
    Subject shown =
        new Subject(
            subject.clientReqId,
            subject.clientId,
            subject.target,
            subject.method,
            path,
            subject.bytes);
    return new RequestRecord(shown, history, ending, ran);
  }

  /** Returns {@code answered}, {@code cancelled}, {@code lost}, an error code, or an empty text. */
  public String outcome() {
    return ending.map(Ending::outcome).orElse("");
  }

  /** Returns whether this is the record of the request or dispatch with this id. */
  public boolean hasId(UUID id) {
    return subject.clientReqId.equals(id)
        || history.steps().stream().anyMatch(step -> step.brokerReqId().equals(id));
  }
}
