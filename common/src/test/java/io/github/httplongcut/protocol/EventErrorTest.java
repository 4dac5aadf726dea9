package io.github.httplongcut.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EventErrorTest {

  @Test
  void longMessageIsTruncated() {
    assertThat(error("x".repeat(1024)).message()).hasSize(1024);
    assertThat(error("x".repeat(1025)).message()).isEqualTo("x".repeat(1024));
  }

  @Test
  void truncationDoesNotSplitASurrogatePair() {
    assertThat(error("x".repeat(1023) + "😀").message()).isEqualTo("x".repeat(1023));
  }

  private static EventError error(String message) {
    return new EventError(Failure.INTERNAL_ERROR, message, Hop.BROKER);
  }
}
