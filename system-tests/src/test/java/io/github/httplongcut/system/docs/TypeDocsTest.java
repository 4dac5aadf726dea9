package io.github.httplongcut.system.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks the docs and names of all types of the repository, including nested types and tests. */
class TypeDocsTest {

  /** Strings and comments; a doc comment's text is the only group. */
  private static final Pattern TOKEN =
      Pattern.compile(
          "\"\"\".*?\"\"\"|\"[^\"\\\\\n]*(?:\\\\.[^\"\\\\\n]*)*\"|'(?:\\\\.|[^'\\\\])[^']*'"
              + "|//[^\n]*|/\\*\\*(?!/)(.*?)\\*/|/\\*.*?\\*/",
          Pattern.DOTALL);

  /** The annotations, modifiers and name that follow a type's doc comment. */
  private static final Pattern TYPE =
      Pattern.compile(
          "\\s*(?:@(?!interface)[\\w.]+\\s*(?:\\((?:[^()\"]|\"[^\"]*\"|\\([^()]*\\))*\\)\\s*)?"
              + "|//[^\n]*\\s*)*"
              + "(?:(?:public|protected|private|static|final|abstract|sealed|non-sealed)\\s+)*"
              + "(?:class|interface|record|enum|@interface)\\s+(\\w+)");

  private static final Pattern QUESTION =
      Pattern.compile("(?:What|Who|Whom|Whose|Whether|How|When|Where|Which|Why)\\b.*");

  /** Files that declare no type. */
  private static final List<String> NOT_TYPES = List.of("package-info.java", "module-info.java");

  private static final String EXAMPLE =
      """
      /** What a queue holds. */
      @Tag("a(b")
      public final class Outer {
        String text = "/** Why a string is not a doc. *" + "/ class NotAType {}";

        /** Whether a method is not a type. */
        boolean isFull() {}

        /**
         * How often a record occurs.
         *
         * @param a which number
         */
        record Inner(int a) {}

        /** However, other words may begin a doc. What follows is not checked. */
        enum Good {}
      }
      """;

  @Test
  void findsTypeDocsThatBeginWithQuestionWords() {
    assertThat(questionDocs(EXAMPLE))
        .containsExactly("Outer: What a queue holds.", "Inner: How often a record occurs.");
  }

  @Test
  void findsFileNamesThatOccurTwice() {
    List<Path> files =
        List.of(Path.of("a/A.java"), Path.of("b/A.java"), Path.of("a/B.java"), Path.of("c/A.java"));
    assertThat(filesOfOneName(files)).containsExactly("[a/A.java, b/A.java, c/A.java]");
  }

  @Test
  void typeDocsBeginWithoutQuestionWords() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path file : sources()) {
      String name = Checkout.file(".").relativize(file).toString();
      questionDocs(Files.readString(file)).forEach(doc -> found.add(name + ": " + doc));
    }
    assertThat(found).as("type docs that begin with a question word").isEmpty();
  }

  @Test
  void topLevelTypesHaveUniqueSimpleNames() throws IOException {
    List<Path> files =
        sources().stream()
            .filter(file -> !NOT_TYPES.contains(file.getFileName().toString()))
            .toList();
    assertThat(filesOfOneName(files)).as("types that share a simple name").isEmpty();
  }

  /** Name and first line of each type doc that begins with a question word. */
  private static List<String> questionDocs(String source) {
    List<String> found = new ArrayList<>();
    for (Matcher token = TOKEN.matcher(source); token.find(); ) {
      Matcher type = TYPE.matcher(source).region(token.end(), source.length());
      if (token.group(1) != null && type.lookingAt()) {
        token
            .group(1)
            .lines()
            .map(line -> line.replaceFirst("^\\s*\\*?\\s*", "").strip())
            .filter(line -> !line.isEmpty())
            .limit(1)
            .filter(line -> QUESTION.matcher(line).matches())
            .forEach(line -> found.add(type.group(1) + ": " + line));
      }
    }
    return found;
  }

  /** The groups of files with the same name, each as a string. */
  private static List<String> filesOfOneName(List<Path> files) {
    Map<String, List<Path>> byName = new TreeMap<>();
    files.forEach(
        file ->
            byName
                .computeIfAbsent(file.getFileName().toString(), name -> new ArrayList<>())
                .add(file));
    return byName.values().stream().filter(same -> same.size() > 1).map(List::toString).toList();
  }

  /** All Java sources of all modules. */
  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    try (Stream<Path> modules = Files.list(Checkout.file("."))) {
      for (Path module : modules.toList()) {
        for (String directory : List.of("src/main/java", "src/test/java")) {
          Path root = module.resolve(directory);
          if (Files.isDirectory(root)) {
            try (Stream<Path> files = Files.walk(root)) {
              files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
            }
          }
        }
      }
    }
    assertThat(sources).hasSizeGreaterThan(400);
    return sources.stream().sorted().toList();
  }
}
