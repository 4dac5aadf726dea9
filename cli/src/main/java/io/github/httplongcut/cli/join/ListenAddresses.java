package io.github.httplongcut.cli.join;

import com.typesafe.config.ConfigException;
import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.sources.RelaySettings;
import io.github.httplongcut.config.Role;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Addresses on which a process will listen, by its merged settings. Port 0 is any free port.
 *
 * @param role the process's role
 * @param callers address for callers; present for a client agent only
 * @param admin address of the admin pages
 */
record ListenAddresses(Role role, Optional<Address> callers, Address admin) {

  /**
   * Reads the addresses.
   *
   * @param settings settings with a section for the role
   * @throws CommandFailedException if the host or port for callers is invalid
   */
  static ListenAddresses read(RelaySettings settings, Role role) {
    AdminConfig admin = settings.admin().get(role);
    return new ListenAddresses(
        role,
        role == Role.CLIENT_AGENT ? Optional.of(callers(settings, role)) : Optional.empty(),
        new Address(admin.host(), admin.port()));
  }

  private static Address callers(RelaySettings settings, Role role) {
    try {
      int port = settings.config().getInt(role.path("port"));
      requirePort(port, role.path("port"));
      return new Address(settings.config().getString(role.path("host")), port);
    } catch (ConfigException e) {
      throw CommandFailedException.usage("invalid settings: " + e.getMessage());
    }
  }

  private static void requirePort(int port, String setting) {
    if (port < 0 || port > 65_535) {
      throw CommandFailedException.usage(
          "invalid settings: %s: expected a port from 0 to 65535".formatted(setting));
    }
  }

  /**
   * Checks that no other program listens on the addresses.
   *
   * @param ownSettings file with the operator's own settings, for the error
   * @throws CommandFailedException if the process could not listen on one of them
   */
  void requireFree(Path ownSettings) {
    callers.ifPresent(address -> requireFree(address, "--port", role.path("port"), ownSettings));
    requireFree(admin, "--admin-port", role.path("admin.port"), ownSettings);
  }

  private static void requireFree(
      Address address, String option, String setting, Path ownSettings) {
    try (ServerSocket socket =
        new ServerSocket(address.port(), 1, InetAddress.getByName(address.host()))) {
      socket.getLocalPort();
    } catch (IOException e) {
      String remedy =
          "choose another port with %s, or with %s if %s sets it"
              .formatted(option, setting, ownSettings);
      throw new CommandFailedException(why(address, e, remedy, ownSettings), e);
    }
  }

  /**
   * Returns why the process could not listen on an address, and what to do.
   *
   * @param remedy how to choose another port
   */
  static String why(Address address, IOException failure, String remedy, Path ownSettings) {
    String message = String.valueOf(failure.getMessage());
    if (message.contains("in use")) {
      return "port %d is in use on this machine, perhaps by this process itself; end what uses it, or %s"
          .formatted(address.port(), remedy);
    }
    String failed = "the process cannot listen on %s: %s; ".formatted(address, message);
    return message.contains("denied")
        ? failed + "ports below 1024 need a privilege; " + remedy
        : failed + "correct the settings in " + ownSettings;
  }

  /** Returns a URL for a caller on this machine; empty if the port is not known yet. */
  Optional<String> url() {
    return callers
        .filter(address -> address.port() != 0)
        .map(
            address -> {
              String host =
                  switch (address.host()) {
                    case "0.0.0.0" -> "127.0.0.1";
                    case "::" -> "::1";
                    default -> address.host();
                  };
              return "http://" + new Address(host, address.port());
            });
  }
}
