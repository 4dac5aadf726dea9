package io.github.httplongcut.client.accesslog;

import ch.qos.logback.core.encoder.EncoderBase;
import io.github.httplongcut.client.accesslog.AccessEntry.Received;
import io.github.httplongcut.client.accesslog.AccessEntry.Relaying;
import io.github.httplongcut.client.accesslog.AccessEntry.Result;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Writes the combined log format of Apache and nginx, and then fields of our own. Escapes like
 * nginx: {@code "}, {@code \} and all bytes that are not printable ASCII become {@code \}{@code
 * xHH}, so that each entry is one line of ASCII.
 */
final class CombinedEncoder extends EncoderBase<AccessEntry> {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss '+0000'", Locale.US)
          .withZone(ZoneOffset.UTC);

  private static final char[] HEX = "0123456789ABCDEF".toCharArray();
  private static final byte[] NOTHING = {};
  private static final String ABSENT = "-";
  private static final int USUAL_CHARS = 256;

  @Override
  public byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] encode(AccessEntry entry) {
    StringBuilder line = new StringBuilder(USUAL_CHARS);
    appendCombined(line, entry);
    appendOwn(line, entry);
    return line.append('\n').toString().getBytes(StandardCharsets.US_ASCII);
  }

  /** Appends {@code %h - - [%t] "%r" %>s %b "%{Referer}i" "%{User-agent}i"}. */
  private static void appendCombined(StringBuilder line, AccessEntry entry) {
    Received received = entry.received();
    Result result = entry.result();
    appendEscaped(line, entry.caller());
    line.append(" - - [");
    TIME.formatTo(entry.receivedAt(), line);
    line.append("] \"");
    if (received.method().isEmpty()) {
      line.append(ABSENT);
    } else {
      appendRequestLine(line, received);
    }
    line.append("\" ").append(result.status()).append(' ');
    line.append(result.responseBytes() == 0 ? ABSENT : Long.toString(result.responseBytes()));
    appendQuoted(line.append(' '), received.referer());
    appendQuoted(line.append(' '), received.userAgent());
  }

  private static void appendRequestLine(StringBuilder line, Received received) {
    appendEscaped(line, received.method());
    appendEscaped(line.append(' '), received.path());
    if (!received.query().isEmpty()) {
      appendEscaped(line.append('?'), received.query());
    }
    appendEscaped(line.append(' '), received.protocol());
  }

  private static void appendOwn(StringBuilder line, AccessEntry entry) {
    Relaying relaying = entry.relaying();
    line.append(" client_req_id=").append(entry.clientReqId());
    line.append(" upstream_target=").append(relaying.upstreamTarget().orElse(ABSENT));
    line.append(" outcome=").append(entry.result().outcome());
    line.append(" ms=").append(millis(entry.result().nanos()));
    appendQuoted(line.append(" x_request_id="), entry.received().requestId());
    if (!relaying.publications().isEmpty()) {
      line.append(" publications=")
          .append(
              relaying.publications().stream()
                  .map(UUID::toString)
                  .collect(Collectors.joining(",")));
    }
  }

  /** Returns milliseconds with one decimal. */
  static String millis(long nanos) {
    long tenths = nanos / 100_000;
    return tenths / 10 + "." + tenths % 10;
  }

  private static void appendQuoted(StringBuilder line, String text) {
    appendEscaped(line.append('"'), text);
    line.append('"');
  }

  private static void appendEscaped(StringBuilder line, String text) {
    if (text.isEmpty()) {
      line.append(ABSENT);
      return;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
        line.append(c);
      } else {
        line.append("\\x").append(HEX[c >> 4 & 0xf]).append(HEX[c & 0xf]);
      }
    }
  }

  @Override
  public byte[] footerBytes() {
    return NOTHING;
  }
}
