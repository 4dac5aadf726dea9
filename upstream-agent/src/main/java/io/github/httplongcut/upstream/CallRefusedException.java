package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.Failure;

/** The agent does not make this request of the server. Without a stack: strangers cause it. */
final class CallRefusedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final Failure failure;

  CallRefusedException(Failure failure, String message) {
    super(message, null, false, false);
    this.failure = failure;
  }

  Failure failure() {
    return failure;
  }
}
