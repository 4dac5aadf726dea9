package io.github.httplongcut.system.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A page of the documentation, read as GitHub shows it: its links, and the anchors to link to. */
public final class MarkdownPage {

  private static final Pattern FENCE = Pattern.compile("\\s*(?:```|~~~).*");
  private static final Pattern INLINE_CODE = Pattern.compile("`[^`]*`");
  private static final Pattern HEADING = Pattern.compile("#{1,6} +(.*?) *#*");
  private static final Pattern LINK = Pattern.compile("\\]\\(\\s*([^)\\s]+)[^)]*\\)");
  private static final Pattern LINK_IN_HEADING = Pattern.compile("!?\\[([^]]*)]\\([^)]*\\)");
  private static final Pattern NOT_IN_ANCHOR = Pattern.compile("[^\\p{L}\\p{M}\\p{Nd}_\\- ]");

  private final Path file;
  private final List<String> lines;

  private MarkdownPage(Path file, List<String> lines) {
    this.file = file;
    this.lines = lines;
  }

  public static MarkdownPage read(Path file) throws IOException {
    return of(file, Files.readString(file));
  }

  /** Returns the page with this text. Code blocks are left out: they have no links or headings. */
  static MarkdownPage of(Path file, String text) {
    List<String> lines = new ArrayList<>();
    boolean inCode = false;
    for (String line : text.lines().toList()) {
      if (FENCE.matcher(line).matches()) {
        inCode = !inCode;
      } else if (!inCode) {
        lines.add(line);
      }
    }
    return new MarkdownPage(file, lines);
  }

  Path file() {
    return file;
  }

  /** Returns the destinations of all links and images. */
  List<String> links() {
    // Joined, because the text of a link may span two lines.
    String prose = INLINE_CODE.matcher(String.join("\n", lines)).replaceAll("");
    return LINK.matcher(prose).results().map(link -> link.group(1)).toList();
  }

  /** Returns the anchors of the headings. GitHub numbers headings of the same text. */
  public Set<String> anchors() {
    Set<String> anchors = new LinkedHashSet<>();
    Map<String, Integer> seen = new HashMap<>();
    for (String line : lines) {
      Matcher heading = HEADING.matcher(line);
      if (heading.matches()) {
        String anchor = anchorOf(heading.group(1));
        int before = seen.merge(anchor, 1, Integer::sum) - 1;
        anchors.add(before == 0 ? anchor : anchor + '-' + before);
      }
    }
    return anchors;
  }

  /**
   * Returns the text under each heading up to the next heading of any level, by the heading's
   * anchor. Of headings with the same text only the first counts.
   */
  Map<String, String> sections() {
    Map<String, StringBuilder> sections = new LinkedHashMap<>();
    StringBuilder current = new StringBuilder();
    for (String line : lines) {
      Matcher heading = HEADING.matcher(line);
      if (heading.matches()) {
        current = new StringBuilder();
        sections.putIfAbsent(anchorOf(heading.group(1)), current);
      } else {
        current.append(line).append('\n');
      }
    }
    Map<String, String> texts = new LinkedHashMap<>();
    sections.forEach((anchor, text) -> texts.put(anchor, text.toString()));
    return texts;
  }

  private static String anchorOf(String heading) {
    String text = LINK_IN_HEADING.matcher(heading).replaceAll("$1").toLowerCase(Locale.ROOT);
    return NOT_IN_ANCHOR.matcher(text).replaceAll("").replace(' ', '-');
  }
}
