package io.github.httplongcut.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class AdminSessionsTest {

  private static final long LIFETIME = AdminSessions.LIFETIME.toNanos();

  private final AdminSessions sessions = new AdminSessions();
  private final AdminToken token = new AdminToken("a-token-of-the-test");

  @Test
  void aSessionEndsAfterItsLifetime() {
    String id = sessions.start(token, 5);

    assertThat(sessions.isOpen(id, token, 4 + LIFETIME)).isTrue();
    assertThat(sessions.isOpen(id, token, 5 + LIFETIME)).isFalse();
  }

  @Test
  void aSessionEndsWithItsToken() {
    String id = sessions.start(token, 0);

    assertThat(sessions.isOpen(id, new AdminToken("a-token-of-the-test"), 1)).isTrue();
    assertThat(sessions.isOpen(id, new AdminToken("another-token"), 1)).isFalse();
    assertThat(sessions.isOpen(id, token, 1)).as("the old token again").isFalse();
  }

  @Test
  void aFurtherSessionEndsTheOldest() {
    String first = sessions.start(token, 0);
    String second = sessions.start(token, 0);
    for (int i = 0; i < AdminSessions.MAX_SESSIONS - 1; i++) {
      sessions.start(token, 0);
    }

    assertThat(sessions.isOpen(first, token, 1)).isFalse();
    assertThat(sessions.isOpen(second, token, 1)).isTrue();
  }

  @Test
  void idsAreRandomAndOthersAreNotOpen() {
    String id = sessions.start(token, 0);

    assertThat(id).hasSize(43).isNotEqualTo(sessions.start(token, 0));
    assertThat(sessions.isOpen("", token, 0)).isFalse();
    assertThat(sessions.isOpen(id + "=", token, 0)).isFalse();
  }
}
