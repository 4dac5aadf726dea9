package io.github.httplongcut.cli.grant;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.config.Secret;
import org.junit.jupiter.api.Test;

class PasswordHashTest {

  /** The hash of the demo's user admin (rabbitmq/demo-users.json). */
  private static final PasswordHash ADMIN =
      new PasswordHash(
          "rabbit_password_hashing_sha256", "J/FCmalk33jOyAkzERmjrjyofCbbdD43Us6gFXgeskLKN14H");

  @Test
  void hashIsThatOfRabbitMq() {
    assertThat(ADMIN.matches(new Secret("admin"))).isTrue();
    assertThat(ADMIN.matches(new Secret("Admin"))).isFalse();
  }

  @Test
  void hashMatchesItsPassword() {
    Secret password = PasswordHash.newPassword();

    assertThat(PasswordHash.of(password).matches(password)).isTrue();
    assertThat(PasswordHash.of(password)).isNotEqualTo(PasswordHash.of(password));
  }

  @Test
  void passwordHas192BitsAndNeedsNoEscape() {
    assertThat(PasswordHash.newPassword().value()).matches("[A-Za-z0-9_-]{32}");
    assertThat(PasswordHash.newPassword()).isNotEqualTo(PasswordHash.newPassword());
  }

  @Test
  void unknownHashMatchesNothing() {
    Secret empty = new Secret("");

    assertThat(new PasswordHash("rabbit_password_hashing_md5", "AAAA").matches(empty)).isFalse();
    assertThat(new PasswordHash(PasswordHash.SHA_256, "").matches(empty)).isFalse();
    assertThat(new PasswordHash(PasswordHash.SHA_256, "?").matches(empty)).isFalse();
    assertThat(new PasswordHash(PasswordHash.SHA_256, "").isSet()).isFalse();
  }
}
