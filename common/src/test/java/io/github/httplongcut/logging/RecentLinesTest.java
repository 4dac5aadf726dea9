package io.github.httplongcut.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RecentLinesTest {

  private final RecentLines lines = new RecentLines();

  @Test
  void onlyTheLastLinesAreKept() {
    for (int i = 0; i < RecentLines.MAX_LINES + 5; i++) {
      lines.add("line " + i + "\n");
    }

    assertThat(lines.text().lines())
        .hasSize(RecentLines.MAX_LINES)
        .startsWith("line 5")
        .endsWith("line " + (RecentLines.MAX_LINES + 4));
  }

  @Test
  void eachLineOfAStackTraceCounts() {
    lines.add("event=bug\n    | a\n    | b\n");

    assertThat(lines.text()).isEqualTo("event=bug\n    | a\n    | b\n");
  }

  @Test
  void bytesAreLimited() {
    String umlauts = "ü".repeat(RecentLines.LINE_CHARS);
    for (int i = 0; i < 100; i++) {
      lines.add(umlauts);
    }

    assertThat(lines.text().getBytes(StandardCharsets.UTF_8).length)
        .isBetween(RecentLines.MAX_BYTES - 3 * RecentLines.LINE_CHARS, RecentLines.MAX_BYTES);
  }

  @Test
  void aLongLineIsCut() {
    lines.add("x".repeat(2 * RecentLines.LINE_CHARS));

    assertThat(lines.text()).isEqualTo("x".repeat(RecentLines.LINE_CHARS) + "…\n");
  }

  /** Configured by the file that the processes use. */
  @Test
  void linesAreKeptAsTheyArePrinted() throws Exception {
    LoggerContext context = new LoggerContext();
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(RecentLinesTest.class.getResource("/logback.xml"));
    OutputStreamAppender<ILoggingEvent> appender =
        (OutputStreamAppender<ILoggingEvent>)
            context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("OUT");
    LoggingEvent event =
        new LoggingEvent("x", context.getLogger("test"), Level.WARN, "event=x", null, null);

    String printed = new String(appender.getEncoder().encode(event), Charset.defaultCharset());

    assertThat(printed).contains("event=x");
    assertThat(RecentLines.in(context)).map(RecentLines::text).hasValue(printed);
  }

  @Test
  void otherConfigurationsKeepNoLines() {
    assertThat(RecentLines.in(new LoggerContext())).isEmpty();
  }
}
