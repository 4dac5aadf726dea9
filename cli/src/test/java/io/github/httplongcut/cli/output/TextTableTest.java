package io.github.httplongcut.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTableTest {

  @Test
  void columnsAreAsWideAsTheirContentAndWhyIsTheLast() {
    TextTable table = new TextTable("TARGET", "FREE");
    table.add(Paint.GOOD, "", "orders", "2/4");
    table.add(Paint.BAD, "no agent", "b", "10/20");

    assertThat(table.lines(new Layout(Colours.HIDDEN, 80, 40)))
        .containsExactly(
            "TARGET  FREE   WHY", //
            "orders  2/4",
            "b       10/20  no agent");
  }

  @Test
  void whyContinuesBelowItself() {
    TextTable table = new TextTable("TARGET");
    table.add(Paint.PLAIN, "the agent says that its server does not answer", "orders");

    assertThat(table.lines(new Layout(Colours.HIDDEN, 34, 40)))
        .containsExactly(
            "TARGET  WHY", //
            "orders  the agent says that its",
            "        server does not answer");
  }

  @Test
  void whyIsBelowTheRowIfThereIsLittleRoomBesideIt() {
    TextTable table = new TextTable("TARGET", "STATE");
    table.add(Paint.PLAIN, "no upstream agent since 14:02", "orders-of-the-shop", "no_agent");
    table.add(Paint.PLAIN, "full", "b", "full");

    assertThat(table.lines(new Layout(Colours.HIDDEN, 40, 40)))
        .containsExactly(
            "TARGET              STATE     WHY",
            "orders-of-the-shop  no_agent",
            "    no upstream agent since 14:02",
            "b                   full      full");
  }

  @Test
  void numbersAreAlignedToTheRight() {
    TextTable table = new TextTable("MS", "READY", "VERSION");
    table.add(Paint.PLAIN, "", "0.0", "7", "3.9.1");
    table.add(Paint.PLAIN, "why", "130.1", "12345", "3.10.8");

    assertThat(table.lines(new Layout(Colours.HIDDEN, 80, 40)))
        .containsExactly(
            "   MS  READY  VERSION  WHY", "  0.0      7  3.9.1", "130.1  12345  3.10.8   why");
  }

  @Test
  void foreignTextIsCutAndCleaned() {
    TextTable table = new TextTable("NAME");
    table.add(Paint.PLAIN, "a\033[2Jb\n\u202ec", "x".repeat(100));

    assertThat(table.lines(new Layout(Colours.HIDDEN, 200, 40)).get(1))
        .isEqualTo("x".repeat(39) + "…  a [2Jb  c");
  }

  @Test
  void coloursAreOnlyAroundLines() {
    TextTable table = new TextTable("NAME");
    table.add(Paint.BAD, "why", "x");

    assertThat(table.lines(new Layout(Colours.SHOWN, 80, 40)))
        .containsExactly("\033[1mNAME  WHY\033[0m", "\033[31mx     why\033[0m");
  }

  @Test
  void wordThatIsLongerThanTheLineHasItsOwn() {
    assertThat(TextTable.wrapped("see https://example.com/a for it", 10))
        .containsExactly("see", "https://example.com/a", "for it");
  }
}
