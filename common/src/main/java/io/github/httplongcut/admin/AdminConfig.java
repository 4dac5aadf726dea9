package io.github.httplongcut.admin;

import io.github.httplongcut.config.Settings;

/**
 * Address of the admin pages: {@code longcut.<role>.admin}.
 *
 * @param host the address to listen on
 * @param port the port to listen on; 0 picks a free port, which the log line {@code
 *     event=admin_listening} names
 */
public record AdminConfig(String host, int port) {

  /** Reads the section {@code admin} of a role. */
  public static AdminConfig read(Settings admin) {
    return new AdminConfig(admin.text("host"), admin.port("port"));
  }
}
