package io.github.httplongcut.config;

/** Why a process cannot start, in words for whoever starts it; the process then ends with 1. */
public final class StartException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public StartException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * An address that cannot be listened on: taken by another process, or not this host's.
   *
   * @param what listens there: {@code the admin pages}
   * @param setting where another can be chosen: {@code --admin-port}
   */
  public static StartException cannotListen(
      String what, String host, int port, String setting, Exception cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return new StartException(
        "%s cannot listen on %s:%d: %s (%s chooses another port)"
            .formatted(what, host, port, root.getMessage(), setting),
        cause);
  }
}
