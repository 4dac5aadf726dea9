package io.github.httplongcut.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadersTest {

  /** Linear work takes less than a second; quadratic work takes minutes. */
  private static final Duration LINEAR = Duration.ofSeconds(10);

  private static final int MANY = 200_000;

  @ParameterizedTest
  @ValueSource(ints = {1, 10, 24, 25, 26, 100})
  void valuesOfANameAreMergedUnderItsFirstSpelling(int names) {
    Headers.Builder builder = Headers.builder();
    List<Headers.Field> expected = new ArrayList<>();
    for (int i = 0; i < names; i++) {
      builder.add("Name-" + i, "first");
      expected.add(new Headers.Field("Name-" + i, List.of("first", "second", "third")));
    }
    for (int i = names - 1; i >= 0; i--) {
      builder.add("NAME-" + i, "second").add("name-" + i, "third");
    }

    assertThat(builder.build().fields()).isEqualTo(expected);
  }

  @Test
  void allValuesOfANameAreFoundInAnySpelling() {
    Headers headers =
        Headers.of(
            List.of(
                new Headers.Field("Host", List.of("a")),
                new Headers.Field("X", List.of("x")),
                new Headers.Field("hOST", List.of("b", "c")),
                new Headers.Field("HOST", List.of("d"))));

    assertThat(headers.all("host")).containsExactly("a", "b", "c", "d");
    assertThat(headers.all("x")).containsExactly("x");
    assertThat(headers.all("y")).isEmpty();
  }

  @Test
  void sizesCountEachValueWithItsName() {
    Headers headers = Headers.builder().add("Ab", "123").add("aB", "").add("C", "4").build();

    assertThat(headers.valueCount()).isEqualTo(3);
    assertThat(headers.chars()).isEqualTo((2 + 3) + (2 + 0) + (1 + 1));
  }

  @Test
  void footprintIncludesAnOverheadForEachNameAndValue() {
    Headers headers = Headers.builder().add("Ab", "123").add("aB", "").add("C", "4").build();

    assertThat(headers.footprint()).isEqualTo(5 * 64 + 2 + 3 + 0 + 1 + 1);
    assertThat(Headers.EMPTY.footprint()).isZero();
  }

  @Test
  void buildingTakesLinearTime() {
    Headers headers =
        assertTimeoutPreemptively(
            LINEAR,
            () -> {
              Headers.Builder builder = Headers.builder();
              for (int i = 0; i < MANY; i++) {
                builder.add("name-" + i, "1");
              }
              return builder.build();
            });

    assertThat(headers.fields()).hasSize(MANY);
  }

  /** {@code a~} and {@code b_} have the same hash, and so has every sequence of 16 of them. */
  @Test
  void buildingTakesLinearTimeWhateverTheNamesHashTo() {
    Headers headers =
        assertTimeoutPreemptively(
            LINEAR,
            () -> {
              Headers.Builder builder = Headers.builder();
              for (int i = 0; i < 1 << 16; i++) {
                builder.add(colliding(i), "1");
              }
              return builder.build();
            });

    assertThat(headers.fields()).hasSize(1 << 16);
  }

  @Test
  void manySpellingsOfANameAreReadInLinearTime() {
    Headers headers = Headers.of(Collections.nCopies(MANY, new Headers.Field("a", List.of("1"))));

    assertThat(assertTimeoutPreemptively(LINEAR, () -> headers.all("A"))).hasSize(MANY);
  }

  private static String colliding(int i) {
    StringBuilder name = new StringBuilder(32);
    for (int bit = 0; bit < 16; bit++) {
      name.append((i >> bit & 1) == 0 ? "a~" : "b_");
    }
    return name.toString();
  }
}
