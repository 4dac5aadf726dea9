package io.github.httplongcut.cli.output;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Table of text. The columns are as wide as their content. The last column, WHY, explains the row;
 * it is the only column that continues on further lines. Columns of numbers are aligned to the
 * right.
 *
 * <p>All cells are cleaned and cut by {@link PlainText}. Not thread-safe.
 */
public final class TextTable {

  /** Maximum width of a column other than WHY. */
  static final int MAX_WIDTH = 40;

  /** Smallest width of the column WHY. If there is less room, WHY continues below the row. */
  static final int MIN_WHY = 24;

  private static final String GAP = "  ";
  private static final String INDENT = "    ";

  private static final Pattern NUMBER = Pattern.compile("[0-9]*(\\.[0-9])?");

  private final List<String> headings;
  private final List<Row> rows = new ArrayList<>();

  private record Row(Paint paint, List<String> cells, String why) {}

  /**
   * @param headings headings of the columns before WHY
   */
  public TextTable(String... headings) {
    this.headings = List.of(headings);
  }

  /**
   * Adds a row.
   *
   * @param paint colour of the row
   * @param why reason for the row's state; may be empty
   * @param cells one for each heading
   */
  public void add(Paint paint, String why, String... cells) {
    if (cells.length != headings.size()) {
      throw new IllegalArgumentException(cells.length + " cells for " + headings);
    }
    List<String> shown = new ArrayList<>();
    for (String cell : cells) {
      shown.add(PlainText.of(cell, MAX_WIDTH));
    }
    rows.add(new Row(paint, shown, PlainText.of(why)));
  }

  /** Returns the lines of the table, with a line of headings first. */
  public List<String> lines(Layout layout) {
    int[] widths = widths();
    List<String> lines = new ArrayList<>();
    lines.add(Paint.HEADING.on(line(widths, headings, "WHY"), layout.colours()));
    for (Row row : rows) {
      for (String line : lines(row, widths, layout.columns())) {
        lines.add(row.paint.on(line, layout.colours()));
      }
    }
    return lines;
  }

  private boolean isNumeric(int column) {
    return rows.stream().allMatch(row -> NUMBER.matcher(row.cells.get(column)).matches());
  }

  private List<String> lines(Row row, int[] widths, int columns) {
    int indent = indent(widths);
    List<String> lines = new ArrayList<>();
    if (row.why.length() <= columns - indent || columns - indent >= MIN_WHY) {
      List<String> why = wrapped(row.why, columns - indent);
      lines.add(line(widths, row.cells, why.get(0)));
      why.subList(1, why.size()).forEach(more -> lines.add(" ".repeat(indent) + more));
    } else {
      lines.add(line(widths, row.cells, ""));
      wrapped(row.why, columns - INDENT.length()).forEach(more -> lines.add(INDENT + more));
    }
    return lines;
  }

  private int[] widths() {
    int[] widths = new int[headings.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = headings.get(i).length();
      for (Row row : rows) {
        widths[i] = Math.max(widths[i], width(row.cells.get(i)));
      }
    }
    return widths;
  }

  private static int indent(int... widths) {
    int indent = 0;
    for (int width : widths) {
      indent += width + GAP.length();
    }
    return indent;
  }

  private String line(int[] widths, List<String> cells, String why) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = cells.get(i);
      String padding = " ".repeat(widths[i] - width(cell));
      line.append(isNumeric(i) ? padding + cell : cell + padding).append(GAP);
    }
    return line.append(why).toString().stripTrailing();
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }

  /** Breaks a text at its spaces; a word that is longer than a line has a line of its own. */
  public static List<String> wrapped(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (line.length() > 0 && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.length() == 0 ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
