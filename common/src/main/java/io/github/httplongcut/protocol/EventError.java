package io.github.httplongcut.protocol;

import java.util.Objects;

/**
 * What went wrong with a request (protocol section 2, {@code error}).
 *
 * @param failure the kind; {@link Failure#INTERNAL_ERROR} for a code that this version does not
 *     know
 * @param message one sentence for a person, without secrets; what is over {@link
 *     WireLimits#ERROR_MESSAGE_CHARS} is cut off
 * @param hop where it was found
 */
public record EventError(Failure failure, String message, Hop hop) {

  public EventError {
    Objects.requireNonNull(failure, "failure");
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(hop, "hop");
    message = cut(message);
  }

  private static String cut(String message) {
    if (message.length() <= WireLimits.ERROR_MESSAGE_CHARS) {
      return message;
    }
    int end = WireLimits.ERROR_MESSAGE_CHARS;
    return message.substring(0, Character.isHighSurrogate(message.charAt(end - 1)) ? end - 1 : end);
  }
}
