package io.github.httplongcut.admin;

import io.github.httplongcut.config.Settings;

/**
 * Where the admin pages listen: {@code longcut.<role>.admin}.
 *
 * @param host the address to listen on
 * @param port 0: any free one, which the log line {@code event=admin_listening} names
 */
public record AdminConfig(String host, int port) {

  /** Reads the section {@code admin} of a role. */
  public static AdminConfig read(Settings admin) {
    return new AdminConfig(admin.text("host"), admin.port("port"));
  }
}
