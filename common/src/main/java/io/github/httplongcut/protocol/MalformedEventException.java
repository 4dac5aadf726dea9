package io.github.httplongcut.protocol;

/**
 * Reports a message that is not a valid event. The receiver acks, counts and logs it (protocol
 * section 2).
 */
public class MalformedEventException extends Exception {

  private static final long serialVersionUID = 1L;

  public MalformedEventException(String message) {
    super(message);
  }

  public MalformedEventException(String message, Throwable cause) {
    super(message, cause);
  }
}
