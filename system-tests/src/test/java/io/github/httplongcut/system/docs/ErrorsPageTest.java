package io.github.httplongcut.system.docs;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds the table of {@code docs/errors.md} to the failures of the code. */
class ErrorsPageTest {

  private static final Pattern ROW =
      Pattern.compile("^\\| `(\\w+)` \\| (\\d+) \\| (\\w+)", Pattern.MULTILINE);

  @Test
  void eachRowSaysWhetherTheRequestRan() throws IOException {
    Map<Failure, Set<String>> rows =
        ROW.matcher(Files.readString(Checkout.file("docs/errors.md")))
            .results()
            .collect(groupingBy(ErrorsPageTest::failure, mapping(row -> row.group(3), toSet())));

    assertThat(rows).hasSizeGreaterThan(20);
    rows.forEach(
        (failure, ran) -> assertThat(ran).as(failure.code()).contains(words(failure.execution())));
  }

  private static Failure failure(MatchResult row) {
    Failure failure = Failure.ofCode(row.group(1)).orElseThrow();
    assertThat(row.group(2)).as("status of " + row.group(1)).isEqualTo("" + failure.status());
    return failure;
  }

  private static String words(Failure.Execution execution) {
    return switch (execution) {
      case DID_NOT_RUN -> "no";
      case MAY_HAVE_RUN -> "maybe";
      case RAN -> "yes";
    };
  }
}
