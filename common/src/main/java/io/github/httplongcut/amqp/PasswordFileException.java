package io.github.httplongcut.amqp;

import java.io.IOException;

/** Reports a file that holds no password. The message names the file and the remedy. */
public final class PasswordFileException extends IOException {

  private static final long serialVersionUID = 1L;

  PasswordFileException(String message) {
    super(message);
  }
}
