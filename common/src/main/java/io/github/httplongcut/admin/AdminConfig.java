package io.github.httplongcut.admin;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Settings;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Address of the admin pages, and who may read them: {@code longcut.<role>.admin}.
 *
 * @param host the address to listen on
 * @param port the port to listen on; 0 picks a free port, which the log line {@code
 *     event=admin_listening} names
 * @param tokenFile file with the token; empty if only loopback addresses may read the pages
 */
public record AdminConfig(String host, int port, Optional<Path> tokenFile) {

  /** Creates the settings of pages for loopback addresses only. */
  public AdminConfig(String host, int port) {
    this(host, port, Optional.empty());
  }

  /** Reads the section {@code admin} of a role, and checks the token file. */
  public static AdminConfig read(Settings longcut, Role role) {
    Settings admin = longcut.section(role.key()).section("admin");
    boolean allowsDemo = longcut.section("amqp").text("demo-passwords").equals("allowed");
    Optional<Path> tokenFile = admin.optionalFile("token-file");
    tokenFile
        .flatMap(file -> TokenFile.problem(file, allowsDemo))
        .ifPresent(problem -> admin.refuse("token-file", problem));
    return new AdminConfig(admin.text("host"), admin.port("port"), tokenFile);
  }

  /** Reads the section {@code admin} for a tool, which may not be allowed to read the token. */
  public static AdminConfig readForTool(Settings admin) {
    return new AdminConfig(
        admin.text("host"),
        admin.port("port"),
        admin.optional("token-file", () -> Path.of(admin.text("token-file"))));
  }
}
