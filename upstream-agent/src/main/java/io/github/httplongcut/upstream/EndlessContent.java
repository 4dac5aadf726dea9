package io.github.httplongcut.upstream;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.hc.core5.http.EntityDetails;

/**
 * Recognizes content that is made never to end. The relay passes on whole answers only, so such an
 * answer would hold its slot until the timeout and then be lost.
 *
 * <p>Other types that are streamed at times ({@code application/x-ndjson}, audio, video) mostly do
 * end: they have the target's timeout and limit.
 */
final class EndlessContent {

  /** Server-sent events (WHATWG HTML section 9.2), and the pictures of a camera (MJPEG). */
  private static final Set<String> TYPES = Set.of("text/event-stream", "multipart/x-mixed-replace");

  private EndlessContent() {}

  /** Returns the media type of content that does not end; empty if its length is known. */
  static Optional<String> typeOf(EntityDetails content) {
    String type = content.getContentType();
    if (type == null || content.getContentLength() >= 0) {
      return Optional.empty();
    }
    int parameters = type.indexOf(';');
    String name = parameters < 0 ? type : type.substring(0, parameters);
    return Optional.of(name.strip().toLowerCase(Locale.ROOT)).filter(TYPES::contains);
  }
}
