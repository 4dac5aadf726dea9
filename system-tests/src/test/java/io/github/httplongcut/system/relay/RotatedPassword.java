package io.github.httplongcut.system.relay;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Password of a RabbitMQ user, in RabbitMQ and in a file. */
final class RotatedPassword {

  private final RabbitMq rabbitMq;
  private final RabbitMqUser user;
  private final Path file;
  private final List<String> passwords = new ArrayList<>();

  /** Sets the first password. */
  RotatedPassword(RabbitMq rabbitMq, RabbitMqUser user, Path directory) {
    this.rabbitMq = rabbitMq;
    this.user = user;
    this.file = directory.resolve(user.login() + ".password");
    rotate();
  }

  Path file() {
    return file;
  }

  /** Returns all passwords so far. */
  List<String> passwords() {
    return List.copyOf(passwords);
  }

  /** Changes the password in RabbitMQ, and replaces the file. */
  void rotate() {
    String password = "secret-%d-of-%s".formatted(passwords.size(), user.login());
    passwords.add(password);
    try {
      Path next = Files.writeString(file.resolveSibling(file.getFileName() + ".new"), password);
      Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rw-------"));
      rabbitMq
          .managementApi()
          .put("/api/users/" + user.login(), Map.of("password", password, "tags", ""));
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Closes all connections of the user, so that its processes log in again. */
  void closeConnections() {
    rabbitMq.connections().stream()
        .filter(each -> each.path("user").asText().equals(user.login()))
        .map(each -> each.path("name").asText())
        .forEach(name -> rabbitMq.managementApi().delete("/api/connections/" + encoded(name)));
  }

  private static String encoded(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
