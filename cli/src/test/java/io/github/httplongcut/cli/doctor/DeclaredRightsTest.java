package io.github.httplongcut.cli.doctor;

import static io.github.httplongcut.cli.doctor.AccessAttempt.configure;
import static io.github.httplongcut.cli.doctor.AccessAttempt.read;
import static io.github.httplongcut.cli.doctor.AccessAttempt.readKey;
import static io.github.httplongcut.cli.doctor.AccessAttempt.write;
import static io.github.httplongcut.cli.doctor.AccessAttempt.writeKey;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.doctor.DeclaredRights.Permission;
import io.github.httplongcut.cli.doctor.DeclaredRights.TopicPermission;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DeclaredRightsTest {

  private static final DeclaredRights ACME =
      new DeclaredRights(
          "acme",
          "longcut",
          Optional.of(new Permission("", "request", "^(a|b)$")),
          Map.of("client_request", new TopicPermission("^x\\.{username}\\.{vhost}$", "")));

  @Test
  void anExpressionMatchesAnywhereInTheName() {
    assertThat(ACME.allow(write("client_request_ack"))).isTrue();
    assertThat(ACME.allow(read("b"))).isTrue();
    assertThat(ACME.allow(read("bb"))).isFalse();
  }

  @Test
  void theEmptyExpressionMatchesNothing() {
    assertThat(ACME.allow(configure("a"))).isFalse();
    assertThat(ACME.allow(readKey("client_request", "x"))).isFalse();
  }

  @Test
  void theNamesOfUserAndVhostAreInserted() {
    assertThat(ACME.allow(writeKey("client_request", "x.acme.longcut"))).isTrue();
    assertThat(ACME.allow(writeKey("client_request", "x.north.longcut"))).isFalse();
  }

  @Test
  void withoutATopicPermissionEveryKeyIsAllowed() {
    assertThat(ACME.allow(writeKey("broker_request", "anything"))).isTrue();
    assertThat(ACME.allow(readKey("broker_request", "#"))).isTrue();
  }

  @Test
  void aUserWithoutPermissionsMayDoNothing() {
    DeclaredRights nobody = new DeclaredRights("x", "longcut", Optional.empty(), Map.of());
    assertThat(List.of(configure("a"), write("a"), read("a"))).noneMatch(nobody::allow);
  }

  @Test
  void anInvalidExpressionAllowsNothing() {
    DeclaredRights invalid =
        new DeclaredRights("x", "longcut", Optional.of(new Permission("(", "(", "(")), Map.of());
    assertThat(invalid.allow(write("("))).isFalse();
  }
}
