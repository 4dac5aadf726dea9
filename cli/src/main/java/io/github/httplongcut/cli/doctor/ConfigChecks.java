package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.DemoPasswords;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.SecretFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Checks of the category {@code config}. */
final class ConfigChecks {

  private final Facts facts;

  ConfigChecks(Facts facts) {
    this.facts = facts;
  }

  List<DoctorCheck> all() {
    return List.of(
        DoctorCheck.of(Finding.CONFIG_FILE, this::file),
        DoctorCheck.of(Finding.CONFIG_SECRETS, this::secrets, Finding.CONFIG_FILE));
  }

  private CheckResult file() {
    Given given = facts.given();
    if (given.file().isEmpty() && given.problems().isEmpty()) {
      return CheckResult.ok(
          Finding.CONFIG_FILE, "no --config; the addresses come from options and variables");
    }
    String name = given.file().map(Path::toString).orElse("options and variables");
    if (given.problems().isEmpty()) {
      String roles =
          given.sections().roles().stream()
              .map(Role::key)
              .sorted()
              .collect(Collectors.joining(", "));
      return CheckResult.ok(
          Finding.CONFIG_FILE, name + " is valid" + (roles.isEmpty() ? "" : " for " + roles));
    }
    String seen = name + ": invalid settings";
    String why = String.join("; ", given.problems());
    // Without an address of RabbitMQ nothing else can be checked.
    return facts.amqp().isPresent()
        ? CheckResult.failInPart(Finding.CONFIG_FILE, seen, why)
        : CheckResult.fail(Finding.CONFIG_FILE, seen, why);
  }

  private CheckResult secrets() {
    List<String> readable = new ArrayList<>();
    for (Path file : facts.given().secrets()) {
      if (new SecretFile(file).isReadableByOthers()) {
        readable.add(file.toString());
      }
    }
    if (!readable.isEmpty()) {
      return CheckResult.failInPart(
          Finding.CONFIG_SECRETS,
          "other users of this machine may read " + String.join(", ", readable),
          "the file holds a password, a token or a private key");
    }
    return facts
        .amqp()
        .map(AmqpView::config)
        .flatMap(ConfigChecks::guessable)
        .orElseGet(
            () ->
                CheckResult.ok(
                    Finding.CONFIG_SECRETS,
                    "no file with a password or a token is readable for others, and no demo password"
                        + " leaves this machine"));
  }

  private static Optional<CheckResult> guessable(AmqpConfig amqp) {
    boolean guessable = DemoPasswords.isGuessable(amqp.user(), amqp.login());
    return amqp.addresses().stream()
        .filter(address -> guessable && !DemoPasswords.isLoopback(address.host()))
        .findFirst()
        .map(
            address ->
                CheckResult.failInPart(
                        Finding.CONFIG_SECRETS,
                        "the password of user %s is the user's name".formatted(amqp.user()),
                        "everybody can guess such a password, and "
                            + address.host()
                            + " is not this machine")
                    .withRemedy(
                        "set another password, which rabbitmqctl reads from its input: rabbitmqctl"
                            + " change_password %s".formatted(amqp.user())));
  }
}
