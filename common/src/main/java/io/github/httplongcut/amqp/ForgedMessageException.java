package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.MalformedEventException;

/** Reports a message that no honest sender can have published (protocol section 8). */
final class ForgedMessageException extends MalformedEventException {

  private static final long serialVersionUID = 1L;

  ForgedMessageException(String message) {
    super(message);
  }
}
