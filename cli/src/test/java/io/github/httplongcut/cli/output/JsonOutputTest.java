package io.github.httplongcut.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JsonOutputTest {

  @Test
  void controlCharactersAreEscaped() {
    String json = JsonOutput.line(JsonOutput.object().put("a", "\033[2J\u007f\u009b\u202eé"));

    assertThat(json).isEqualTo("{\"a\":\"\\u001B[2J\\u007f\\u009B\\u202E\\u00E9\"}");
    assertThat(JsonOutput.indented(JsonOutput.object().put("a", "\u007f")))
        .doesNotContain("\u007f");
  }
}
