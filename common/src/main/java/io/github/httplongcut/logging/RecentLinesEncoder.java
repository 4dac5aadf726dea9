package io.github.httplongcut.logging;

import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.nio.charset.Charset;
import java.util.Objects;

/**
 * Formats log events by a pattern, and keeps the last lines for the page {@code /api/log}. Logback
 * creates it, as {@code logback.xml} says. An appender of its own would format each event twice.
 */
public final class RecentLinesEncoder extends PatternLayoutEncoder {

  private final RecentLines lines = new RecentLines();

  @Override
  public void start() {
    super.start();
    lines.putInto(getContext());
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    byte[] printed = super.encode(event);
    Charset charset = Objects.requireNonNullElseGet(getCharset(), Charset::defaultCharset);
    lines.add(new String(printed, charset));
    return printed;
  }
}
