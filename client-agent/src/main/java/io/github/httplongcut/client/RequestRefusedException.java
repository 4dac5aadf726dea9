package io.github.httplongcut.client;

import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;

/** Refusal of a request that the client agent answers itself. Has no stack trace. */
final class RequestRefusedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final Failure failure;

  RequestRefusedException(Failure failure, String message) {
    super(message, null, false, false);
    this.failure = failure;
  }

  EventError error() {
    return new EventError(failure, getMessage(), Hop.CLIENT_AGENT);
  }
}
