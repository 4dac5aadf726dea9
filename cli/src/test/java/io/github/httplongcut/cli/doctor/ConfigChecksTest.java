package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.cli.doctor.CheckResult.Status;
import io.github.httplongcut.cli.doctor.Given.Sections;
import io.github.httplongcut.config.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigChecksTest {

  private final DoctorFixture fixture = new DoctorFixture();

  @TempDir private Path directory;

  @Test
  void everythingIsWell() {
    assertThat(fixture.failures()).isEmpty();
    assertThat(fixture.skipped()).isEmpty();
  }

  @Test
  void aValidFileNamesItsRoles() {
    fixture.given = given(List.of(), List.of());
    fixture.assertOk(Finding.CONFIG_FILE, "agent.conf is valid for upstream-agent");
  }

  @Test
  void anInvalidFileIsReportedWithItsProblems() {
    fixture.given = given(List.of("longcut.x: unknown key", "longcut.y: unknown key"), List.of());
    fixture.assertFails(Finding.CONFIG_FILE, "longcut.x: unknown key; longcut.y: unknown key");
  }

  @Test
  void withoutAnAddressNothingElseIsChecked() {
    fixture.withoutAmqp().given = given(List.of("longcut.amqp.uris: missing"), List.of());

    assertThat(fixture.failures()).containsExactly("config.file");
    fixture.assertSkipped(Finding.CONFIG_SECRETS, "config.file failed");
    fixture.assertSkipped(Finding.RABBITMQ_LOGIN, "config.file failed");
  }

  @Test
  void invalidVariablesAreReportedWithoutAFile() {
    fixture.given = new Given(Optional.empty(), List.of("bad URI"), Sections.NONE, List.of());
    fixture.assertFails(Finding.CONFIG_FILE, "options and variables: invalid settings | bad URI");
  }

  @Test
  void aFileWithAPasswordMustNotBeReadableForOthers() throws Exception {
    Path secret = Files.writeString(directory.resolve("secret"), "x");
    fixture.given = given(List.of(), List.of(secret));

    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r-----"));
    fixture.assertOk(Finding.CONFIG_SECRETS, "no file with a password");

    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
    fixture.assertFails(Finding.CONFIG_SECRETS, secret.toString());
  }

  @Test
  void aDemoPasswordIsForThisMachineOnly() {
    fixture.amqp.password = "admin";
    fixture.assertOk(Finding.CONFIG_SECRETS, "no demo password leaves this machine");

    fixture.amqp.nodes = List.of(new Address("mq-1.example", 5672));
    CheckResult result =
        fixture.assertFails(
            Finding.CONFIG_SECRETS, "the password of user admin is the user's name");
    assertThat(result.remedy()).contains("rabbitmqctl change_password admin");
    assertThat(result.status()).isEqualTo(Status.FAIL_IN_PART);
  }

  private static Given given(List<String> problems, List<Path> secrets) {
    return new Given(
        Optional.of(Path.of("agent.conf")),
        problems,
        new Sections(Set.of(Role.UPSTREAM_AGENT), List.of(), Set.of()),
        secrets);
  }
}
