package io.github.httplongcut.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessIdTest {

  @Test
  void eachStartHasANewId() {
    ProcessId first = ProcessId.create("acme", "laptop");
    ProcessId second = ProcessId.create("acme", "laptop");

    assertThat(first.toString()).matches("acme\\.laptop-[a-z2-7]{6}");
    assertThat(first).isNotEqualTo(second);
    assertThat(ProcessId.parse(first.toString())).isEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "acme", "acme.x", "a.b.c-abcdef", "a.b-ABCDEF", "a.*-abcdef", "a.b-abcdef.#"})
  void anIdThatCouldMatchAnotherBindingIsRefused(String text) {
    assertThatThrownBy(() -> ProcessId.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aNameWithADotIsRefused() {
    assertThatThrownBy(() -> ProcessId.create("acme", "laptop.example"))
        .hasMessageContaining("laptop.example");
  }
}
