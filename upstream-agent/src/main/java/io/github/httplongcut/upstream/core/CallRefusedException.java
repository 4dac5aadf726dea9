package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.Failure;

/**
 * Signals that the agent refuses to send a request to the upstream server. Has no stack trace: a
 * hostile client can cause many of these exceptions.
 */
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
