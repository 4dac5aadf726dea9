package io.github.httplongcut.cli.sources;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonListTest {

  @Test
  void elementsHaveTheirTextFields() throws IOException {
    assertThat(read("[{\"a\": \"x\", \"b\": {\"a\": [1]}, \"c\": 2, \"d\": \"\"}, {}]"))
        .containsExactly("{\"a\":\"x\",\"d\":\"\"}", "{}");
    assertThat(read("[]")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "[1]", "[{\"a\": \"x\"}", "[{\"a\":", "[null]", "<html>"})
  void otherAnswersAreRefused(String text) {
    assertThatThrownBy(() -> read(text)).isInstanceOf(IOException.class);
  }

  @Test
  void longElementsAreRefused() {
    String fields = "\"a\": 1,".repeat(32) + "\"a\": 1";
    assertThatThrownBy(() -> read("[{" + fields + "}]")).isInstanceOf(IOException.class);

    String longText = "x".repeat((64 << 10) + 1);
    assertThatThrownBy(() -> read("[{\"a\": \"" + longText + "\"}]"))
        .isInstanceOf(IOException.class);
  }

  private static List<String> read(String text) throws IOException {
    List<String> elements = new ArrayList<>();
    JsonList.read(
        new ByteArrayInputStream(text.getBytes(UTF_8)),
        element -> elements.add(element.toString()));
    return elements;
  }
}
