package io.github.httplongcut.config;

/** Reports to the operator why the process cannot start. The process then exits with 1. */
public final class StartException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public StartException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * Creates the error for an address on which the process cannot listen, because another process
   * uses the port or the host does not have the address.
   *
   * @param what purpose of the port: {@code the admin pages}
   * @param setting flag that sets the port: {@code --admin-port}
   */
  public static StartException cannotListen(
      String what, String host, int port, String setting, Exception cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return new StartException(
        "cannot listen on %s:%d for %s: %s; choose another port with %s"
            .formatted(host, port, what, root.getMessage(), setting),
        cause);
  }
}
