package io.github.httplongcut.testkit;

/** Reports that a process or one of its files failed. The message is for a person. */
public final class TestkitException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  TestkitException(String message) {
    super(message);
  }

  TestkitException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Interrupts the current thread again and returns the exception to throw. */
  static TestkitException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new TestkitException("interrupted", e);
  }
}
