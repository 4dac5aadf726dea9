package io.github.httplongcut.broker.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;

class ReplayIdTest {

  @Test
  void idsOfReplaysAreOfVersion8AndOtherwiseRandom() {
    UUID random = UUID.fromString("0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0ff");

    assertThat(ReplayId.of(random))
        .isEqualTo(UUID.fromString("0f1e2d3c-4b5a-8978-8695-a4b3c2d1e0ff"))
        .matches(ReplayId::isReplay);
  }

  @Test
  void idsOfClientAgentsAreNone() {
    assertThat(UUID.randomUUID()).matches(id -> !ReplayId.isReplay(id));
  }
}
