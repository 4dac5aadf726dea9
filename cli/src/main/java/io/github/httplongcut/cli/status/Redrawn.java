package io.github.httplongcut.cli.status;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.httplongcut.cli.output.Layout;
import java.io.PrintWriter;
import java.util.List;

/**
 * Screen that is drawn again and again, on the alternate screen of the terminal. Each drawing
 * replaces the lines one by one and writes all of them at once, so nothing flickers. Without a
 * terminal, the drawings follow each other.
 */
final class Redrawn implements AutoCloseable {

  /** Alternate screen, no cursor, and lines that are too long are cut. */
  private static final String ENTER = "\033[?1049h\033[?25l\033[?7l";

  private static final String LEAVE = "\033[?7h\033[?25h\033[?1049l";
  private static final String HOME = "\033[H";
  private static final String END_OF_LINE = "\033[K\n";
  private static final String CLEAR_BELOW = "\033[J";

  private final PrintWriter out;
  private final Thread atExit;

  /** True once the alternate screen is left: the process goes on drawing while it ends. */
  @GuardedBy("this")
  private boolean left;

  private Redrawn(PrintWriter out, Layout layout) {
    this.out = out;
    this.atExit = new Thread(this::leave, "leave-screen");
    if (layout.isScreen()) {
      // Ctrl-C is the usual end.
      Runtime.getRuntime().addShutdownHook(atExit);
      write(ENTER);
    }
  }

  static Redrawn on(PrintWriter out, Layout layout) {
    return new Redrawn(out, layout);
  }

  /** Draws the lines. A screen with too few rows shows the first of them. */
  void draw(List<String> lines, Layout layout) {
    if (!layout.isScreen()) {
      lines.forEach(out::println);
      out.println();
      out.flush();
      return;
    }
    boolean fits = lines.size() < layout.rows();
    List<String> shown = fits ? lines : lines.subList(0, Math.max(0, layout.rows() - 2));
    StringBuilder screen = new StringBuilder(HOME);
    shown.forEach(line -> screen.append(line).append(END_OF_LINE));
    if (!fits) {
      screen
          .append("… ")
          .append(lines.size() - shown.size())
          .append(" more lines")
          .append("\033[K");
    }
    write(screen.append(CLEAR_BELOW).toString());
  }

  @Override
  public void close() {
    if (Runtime.getRuntime().removeShutdownHook(atExit)) {
      leave();
    }
  }

  private synchronized void leave() {
    write(LEAVE);
    left = true;
  }

  private synchronized void write(String text) {
    if (!left) {
      out.print(text);
      out.flush();
    }
  }
}
