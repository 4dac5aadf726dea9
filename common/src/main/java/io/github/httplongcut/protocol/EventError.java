package io.github.httplongcut.protocol;

import java.util.Objects;

/**
 * Failure of a request (protocol section 2, {@code error}).
 *
 * @param failure kind of failure; {@link Failure#INTERNAL_ERROR} for a code that this version does
 *     not know
 * @param message one sentence for a person, without secrets; truncated to {@link
 *     WireLimits#ERROR_MESSAGE_CHARS}
 * @param hop process that found the failure
 */
public record EventError(Failure failure, String message, Hop hop) {

  public EventError {
    Objects.requireNonNull(failure, "failure");
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(hop, "hop");
    message = truncate(message);
  }

  private static String truncate(String message) {
    if (message.length() <= WireLimits.ERROR_MESSAGE_CHARS) {
      return message;
    }
    int end = WireLimits.ERROR_MESSAGE_CHARS;
    return message.substring(0, Character.isHighSurrogate(message.charAt(end - 1)) ? end - 1 : end);
  }
}
