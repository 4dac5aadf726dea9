package io.github.httplongcut.upstream.http;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.hc.core5.http.EntityDetails;

/**
 * Recognizes media types whose content normally has no end. The relay forwards only complete
 * responses, so such a response would hold its slot until the timeout and then fail.
 *
 * <p>Other types that are sometimes streamed ({@code application/x-ndjson}, audio, video) usually
 * end. For them the target's timeout and size limit apply.
 */
final class EndlessContent {

  /** Server-sent events (WHATWG HTML section 9.2), and Motion JPEG video. */
  private static final Set<String> TYPES = Set.of("text/event-stream", "multipart/x-mixed-replace");

  private EndlessContent() {}

  /**
   * Returns the media type of endless content; empty for other types, or if the length is known.
   */
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
