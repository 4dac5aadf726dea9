package io.github.httplongcut.cli.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.output.Colours;
import io.github.httplongcut.cli.output.Layout;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class RedrawnTest {

  private final StringWriter out = new StringWriter();

  @Test
  void linesAreReplacedWithoutClearingTheScreen() {
    Layout layout = new Layout(Colours.HIDDEN, 80, 24);

    try (Redrawn redrawn = Redrawn.on(new PrintWriter(out), layout)) {
      out.getBuffer().setLength(0);
      redrawn.draw(List.of("a", "b"), layout);
    }

    assertThat(out.toString())
        .isEqualTo("\033[Ha\033[K\nb\033[K\n\033[J" + "\033[?7h\033[?25h\033[?1049l");
  }

  @Test
  void smallScreenShowsTheFirstLines() {
    Layout layout = new Layout(Colours.HIDDEN, 80, 5);

    try (Redrawn redrawn = Redrawn.on(new PrintWriter(out), layout)) {
      redrawn.draw(Collections.nCopies(10, "line"), layout);
    }

    assertThat(out.toString()).containsOnlyOnce("… 7 more lines");
    assertThat(out.toString().split("line\033", -1)).hasSize(4);
  }

  @Test
  void nothingIsDrawnAfterTheEnd() {
    Layout layout = new Layout(Colours.HIDDEN, 80, 24);
    Redrawn redrawn = Redrawn.on(new PrintWriter(out), layout);

    redrawn.close();
    redrawn.draw(List.of("late"), layout);

    assertThat(out.toString()).doesNotContain("late");
  }

  @Test
  void withoutATerminalTheDrawingsFollowEachOther() {
    try (Redrawn redrawn = Redrawn.on(new PrintWriter(out), Layout.ofPipe())) {
      redrawn.draw(List.of("a"), Layout.ofPipe());
      redrawn.draw(List.of("b"), Layout.ofPipe());
    }

    assertThat(out.toString().lines()).containsExactly("a", "", "b", "");
  }
}
