package io.github.httplongcut.amqp;

import java.io.IOException;

/**
 * Reports a file without which no login is possible: one that holds no password, or a certificate
 * of another user. The message names the file and the remedy.
 */
public final class LoginException extends IOException {

  private static final long serialVersionUID = 1L;

  LoginException(String message) {
    super(message);
  }
}
