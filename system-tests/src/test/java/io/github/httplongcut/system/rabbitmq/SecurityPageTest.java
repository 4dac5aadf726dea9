package io.github.httplongcut.system.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Checks that each test that docs/security.md names exists. */
class SecurityPageTest {

  private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|IT))(?:\\.(\\w+))?`");

  static List<String> tests() throws IOException {
    String page = Files.readString(Checkout.file("docs/security.md"));
    List<String> named =
        TEST.matcher(page).results().map(MatchResult::group).distinct().sorted().toList();
    assertThat(named).hasSizeGreaterThan(20);
    return named;
  }

  @ParameterizedTest
  @MethodSource("tests")
  void everyNamedTestExists(String named) throws IOException {
    Matcher test = TEST.matcher(named);
    assertThat(test.matches()).isTrue();
    String source = Files.readString(find(test.group(1) + ".java"));
    if (test.group(2) != null) {
      assertThat(source).contains("void " + test.group(2) + "(");
    }
  }

  private static Path find(String file) throws IOException {
    try (Stream<Path> files = Files.walk(Checkout.file("."))) {
      return files
          .filter(path -> path.endsWith(file) && path.toString().contains("src/test/java"))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no " + file));
    }
  }
}
