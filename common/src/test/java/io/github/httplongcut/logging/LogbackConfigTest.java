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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Tests untrusted text in messages of libraries and of exceptions, which do not pass through
 * LogText.
 */
class LogbackConfigTest {

  private final LoggerContext context = new LoggerContext();
  private OutputStreamAppender<ILoggingEvent> appender;

  @BeforeEach
  void configure() throws Exception {
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(LogbackConfigTest.class.getResource("/logback.xml"));
    appender =
        (OutputStreamAppender<ILoggingEvent>)
            context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("OUT");
  }

  @Test
  void ordinaryMessageIsOneLine() {
    assertThat(line("event=x why=\"a b\"", null))
        .matches("\\d{4}-.*Z WARN  \\[main] test event=x why=\"a b\"\\R");
  }

  @Test
  void controlCharactersOfAMessageAreReplaced() {
    assertThat(line("a\r\nb\u001b[2J\u0085\u2028\u202ec", null))
        .endsWith(" test a b [2J c" + System.lineSeparator());
  }

  /** A real log line begins with a date at the left margin. */
  @Test
  void eachLineOfAStackTraceIsPrefixed() {
    String forged = "2026-01-01T00:00:00.000Z WARN  [main] Agent event=forged";
    Exception thrown = new IllegalStateException("a\n" + forged + "\u001b[2J\u202e");

    String[] lines =
        line("event=bug", new IllegalStateException("outer\r" + forged, thrown)).split("\\R");

    assertThat(lines[0]).endsWith(" test event=bug");
    assertThat(lines).hasSizeGreaterThan(4);
    for (int i = 1; i < lines.length; i++) {
      assertThat(lines[i]).startsWith("    | ").doesNotContain("\u001b", "\u202e");
    }
    assertThat(lines[1]).startsWith("    | java.lang.IllegalStateException: outer");
    assertThat(String.join("\n", lines)).contains("    | \tat ", "    | Caused by: ");
  }

  private String line(String message, Throwable thrown) {
    LoggingEvent event =
        new LoggingEvent("x", context.getLogger("test"), Level.WARN, message, thrown, null);
    return new String(appender.getEncoder().encode(event), Charset.defaultCharset());
  }
}
