package io.github.httplongcut.protocol;

/** A message that is no event of ours: it is acked, counted and logged (protocol section 2). */
public final class MalformedEventException extends Exception {

  private static final long serialVersionUID = 1L;

  public MalformedEventException(String message) {
    super(message);
  }

  public MalformedEventException(String message, Throwable cause) {
    super(message, cause);
  }
}
