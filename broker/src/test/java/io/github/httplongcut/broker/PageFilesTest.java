package io.github.httplongcut.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PageFilesTest {

  /** Import at the start of a module, before it runs. */
  private static final Pattern IMPORT = Pattern.compile("from '(\\.[^']+)'");

  private static final Pattern LATER_IMPORT = Pattern.compile("import\\('(\\.[^']+)'\\)");

  /** The load of the first lines, which the index begins. */
  private static final String FIRST_LOAD = "/api/requests?limit=60";

  private static final Pattern LINK = Pattern.compile("(?:src|href)=\"(/[^\"]*)\"");
  private static final Pattern PRELOADED = Pattern.compile("modulepreload\" href=\"([^\"]*)\"");

  private final Path directory = directory();

  private static Path directory() {
    try {
      return Path.of(PageFiles.class.getResource("/" + PageFiles.DIRECTORY).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void everyFileIsServed() throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      assertThat(
              all.filter(Files::isRegularFile).map(file -> directory.relativize(file).toString()))
          .containsExactlyInAnyOrderElementsOf(
              Stream.concat(Stream.of(PageFiles.INDEX), PageFiles.FILES.stream()).toList());
    }
  }

  @Test
  void everyImportAndLinkLeadsToAServedFile() throws IOException {
    List<String> served = PageFiles.FILES.stream().map(file -> "/page/" + file).toList();
    for (String file : own(".mjs")) {
      assertThat(Stream.concat(imports(IMPORT, file), imports(LATER_IMPORT, file)))
          .as(file)
          .isSubsetOf(served);
    }
    assertThat(matches(LINK, PageFiles.INDEX).filter(link -> !link.equals(FIRST_LOAD)))
        .isSubsetOf(served);
  }

  /** A module that is missing here is loaded later, which delays the first paint. */
  @Test
  void everyModuleOfTheFirstPaintIsPreloaded() throws IOException {
    Set<String> imported = new TreeSet<>();
    for (String file : own(".mjs")) {
      imports(IMPORT, file).forEach(imported::add);
    }
    assertThat(matches(PRELOADED, PageFiles.INDEX)).containsExactlyInAnyOrderElementsOf(imported);
  }

  /** The Content-Security-Policy would block these. */
  @Test
  void pageHasNoInlineScriptOrStyle() throws IOException {
    assertThat(read(PageFiles.INDEX))
        .doesNotContainPattern("<script(?! type=\"module\" src=\"/page/main.mjs\"></script>)")
        .doesNotContainPattern("(?i)<style|\\sstyle=|\\son[a-z]+=|javascript:|https?://");
  }

  /** Names, paths and reasons come from outside, so they must never become markup. */
  @Test
  void textNeverBecomesMarkup() throws IOException {
    for (String file : own(".mjs")) {
      assertThat(read(file))
          .as(file)
          .doesNotContain("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(")
          .doesNotContain("DOMParser", "new Function", "createContextualFragment");
    }
  }

  @Test
  void nothingIsLoadedFromElsewhere() throws IOException {
    for (String file : own(".css")) {
      assertThat(read(file)).as(file).doesNotContain("url(", "@import", "http");
    }
  }

  private static List<String> own(String suffix) {
    return PageFiles.FILES.stream()
        .filter(file -> file.endsWith(suffix) && !file.startsWith("vendor/"))
        .toList();
  }

  /** Returns the paths at which a module's imports are served. */
  private Stream<String> imports(Pattern pattern, String file) throws IOException {
    return matches(pattern, file).map(to -> URI.create("/page/" + file).resolve(to).toString());
  }

  private Stream<String> matches(Pattern pattern, String file) throws IOException {
    return pattern.matcher(read(file)).results().map(match -> match.group(1));
  }

  private String read(String file) throws IOException {
    return Files.readString(directory.resolve(file));
  }
}
