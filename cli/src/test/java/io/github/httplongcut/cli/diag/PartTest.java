package io.github.httplongcut.cli.diag;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.diag.Part.Keep;
import io.github.httplongcut.cli.diag.Part.State;
import org.junit.jupiter.api.Test;

class PartTest {

  private static final String LONG = "<" + "x".repeat(Part.MAX_CHARS) + ">";

  @Test
  void aShortTextIsComplete() {
    assertThat(Part.of("a", "text", Keep.END)).isEqualTo(new Part("a", State.COMPLETE, "text", ""));
  }

  @Test
  void aLongTextIsCutAtItsEnd() {
    Part part = Part.of("a", LONG, Keep.BEGINNING);
    assertThat(part.state()).isEqualTo(State.CUT);
    assertThat(part.why()).isEqualTo("cut: 1,048,576 of 1,048,578 characters");
    assertThat(part.text()).startsWith("<xx").endsWith("x\n[" + part.why() + "]\n");
  }

  @Test
  void aLongLogIsCutAtItsBeginning() {
    Part part = Part.of("a", LONG, Keep.END);
    assertThat(part.text()).startsWith("[" + part.why() + "]\nx").endsWith("xx>");
  }
}
