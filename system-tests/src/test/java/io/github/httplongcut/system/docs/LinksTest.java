package io.github.httplongcut.system.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Checks the links of all pages, and the references to pages in other files: each leads to a file
 * of the checkout, and to a heading of it.
 */
class LinksTest {

  private static final Path PAGE = Path.of("docs", "page.md");
  private static final Pattern ELSEWHERE = Pattern.compile("[a-z]+:.*");

  /** A reference to a page in a file that is not a page, such as a log line or an alert rule. */
  private static final Pattern REFERENCE =
      Pattern.compile("\\bdocs/[a-zA-Z/-]+\\.md(?:#[A-Za-z0-9_-]+)?");

  private static final Set<String> NOT_SOURCES =
      Set.of("target", ".git", ".longcut", "node_modules");

  /** The endings of files with references; an empty one stands for scripts without an ending. */
  private static final Set<String> WITH_REFERENCES =
      Set.of("java", "conf", "json", "service", "sh", "yml", "yaml", "xml", "");

  @Test
  void findsLinksAndAnchorsAsGitHubDoes() {
    MarkdownPage page =
        MarkdownPage.of(
            PAGE,
            """
            # The page
            ### Error: `no_route`
            ### RabbitMQ: login
            ## What's [new](a.md), at 3.10?
            ### RabbitMQ: login
            See [a](a.md#x), [two
            lines](b.md "title") and `[no](link.md)`, ![image](c.png).
            ```
            # no heading
            [no](code.md)
            ```
            """);
    assertThat(page.anchors())
        .containsExactly(
            "the-page", "error-no_route", "rabbitmq-login", "whats-new-at-310", "rabbitmq-login-1");
    assertThat(page.links()).containsExactly("a.md", "a.md#x", "b.md", "c.png");
  }

  @Test
  void findsLinksThatLeadNowhere() throws IOException {
    MarkdownPage page =
        MarkdownPage.of(
            Checkout.root().resolve(PAGE),
            "# One\n[](#one) [](#two) [](none.md) [](../README.md#none) [](../README.md) [](https://a/b)");
    assertThat(deadLinks(page))
        .containsExactly(PAGE + ": #two", PAGE + ": none.md", PAGE + ": ../README.md#none");
  }

  @Test
  void everyLinkOfThePagesLeadsSomewhere() throws IOException {
    List<String> dead = new ArrayList<>();
    List<Path> pages = files(Set.of("md"));
    assertThat(pages).hasSizeGreaterThan(15);
    for (Path page : pages) {
      dead.addAll(deadLinks(MarkdownPage.read(page)));
    }
    assertThat(dead).as("links to a missing file or heading").isEmpty();
  }

  @Test
  void everyReferenceToAPageLeadsSomewhere() throws IOException {
    List<String> dead = new ArrayList<>();
    int found = 0;
    for (Path file : files(WITH_REFERENCES)) {
      Matcher reference = REFERENCE.matcher(Files.readString(file));
      while (reference.find()) {
        found++;
        deadEnd(Checkout.root().resolve("README.md"), reference.group())
            .ifPresent(link -> dead.add(nameOf(file) + ": " + link));
      }
    }
    assertThat(found).isGreaterThan(50);
    assertThat(dead).as("references to a missing page or heading").isEmpty();
  }

  private static List<String> deadLinks(MarkdownPage page) throws IOException {
    List<String> dead = new ArrayList<>();
    for (String link : page.links()) {
      if (ELSEWHERE.matcher(link).matches()) {
        continue;
      }
      if (link.startsWith("#")) {
        if (!page.anchors().contains(link.substring(1))) {
          dead.add(nameOf(page.file()) + ": " + link);
        }
      } else {
        deadEnd(page.file(), link).ifPresent(end -> dead.add(nameOf(page.file()) + ": " + end));
      }
    }
    return dead;
  }

  /** Returns the link if it leads to no file or no heading, seen from {@code file}. */
  private static Optional<String> deadEnd(Path file, String link) throws IOException {
    String[] pathAndAnchor = link.split("#", 2);
    Path target = file.resolveSibling(pathAndAnchor[0]).normalize();
    boolean alive =
        Files.exists(target)
            && (pathAndAnchor.length == 1
                || MarkdownPage.read(target).anchors().contains(pathAndAnchor[1]));
    return alive ? Optional.empty() : Optional.of(link);
  }

  private static String nameOf(Path file) {
    return Checkout.root().relativize(file).toString();
  }

  /** All files of the checkout with one of these endings, without those that the build makes. */
  private static List<Path> files(Set<String> endings) throws IOException {
    List<Path> files = new ArrayList<>();
    SimpleFileVisitor<Path> visitor =
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            return NOT_SOURCES.contains(directory.getFileName().toString())
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (endings.contains(endingOf(file.getFileName().toString()))) {
              files.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        };
    Files.walkFileTree(Checkout.root(), visitor);
    return files;
  }

  /** Returns the text after the last dot; an empty text if there is no dot. */
  private static String endingOf(String name) {
    int dot = name.lastIndexOf('.');
    return dot < 0 ? "" : name.substring(dot + 1);
  }
}
