package io.github.httplongcut.client.accesslog;

import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import io.github.httplongcut.client.accesslog.AccessEntry.Received;
import io.github.httplongcut.client.accesslog.AccessEntry.Relaying;
import io.github.httplongcut.client.accesslog.AccessEntry.Result;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.UUID;

/**
 * Writes one JSON object for each entry, on a line of its own, in printable ASCII. Members without
 * a value are left out. Logback's own JSON encoder would write a list of objects with strings only,
 * in which no tool finds a member by its name.
 */
final class JsonEncoder extends EncoderBase<AccessEntry> {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final byte[] NOTHING = {};
  private static final int USUAL_BYTES = 512;

  private final JsonFactory json =
      new JsonFactoryBuilder()
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .characterEscapes(new ControlEscapes())
          .build();

  /** Escapes DEL, too: Jackson takes it for printable. */
  private static final class ControlEscapes extends CharacterEscapes {
    private static final long serialVersionUID = 1L;
    private static final int DEL = 0x7f;

    private final int[] escapes = standardAsciiEscapesForJSON();

    ControlEscapes() {
      escapes[DEL] = ESCAPE_STANDARD;
    }

    @Override
    public int[] getEscapeCodesForAscii() {
      return escapes;
    }

    @Override
    public SerializableString getEscapeSequence(int unused) {
      return null;
    }
  }

  @Override
  public byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] encode(AccessEntry entry) {
    ByteArrayOutputStream line = new ByteArrayOutputStream(USUAL_BYTES);
    try (JsonGenerator out = json.createGenerator(line)) {
      out.writeStartObject();
      write(out, entry);
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // not possible: the stream is in memory
    }
    line.write('\n');
    return line.toByteArray();
  }

  private static void write(JsonGenerator out, AccessEntry entry) throws IOException {
    Received received = entry.received();
    Relaying relaying = entry.relaying();
    Result result = entry.result();
    out.writeStringField("time", TIME.format(entry.receivedAt()));
    out.writeStringField("client_req_id", entry.clientReqId().toString());
    if (!relaying.publications().isEmpty()) {
      out.writeArrayFieldStart("publications");
      for (UUID id : relaying.publications()) {
        out.writeString(id.toString());
      }
      out.writeEndArray();
    }
    writeText(out, "caller", entry.caller());
    writeText(out, "method", received.method());
    writeText(out, "path", received.path());
    writeText(out, "query", received.query());
    writeText(out, "upstream_target", relaying.upstreamTarget().orElse(""));
    out.writeStringField("outcome", result.outcome());
    out.writeNumberField("status", result.status());
    out.writeNumberField("request_bytes", result.requestBytes());
    out.writeNumberField("response_bytes", result.responseBytes());
    out.writeFieldName("ms");
    out.writeRawValue(CombinedEncoder.millis(result.nanos()));
    writeText(out, "broker_id", relaying.brokerId().map(Object::toString).orElse(""));
    writeText(out, "x_request_id", received.requestId());
    writeText(out, "referer", received.referer());
    writeText(out, "user_agent", received.userAgent());
  }

  private static void writeText(JsonGenerator out, String name, String text) throws IOException {
    if (!text.isEmpty()) {
      out.writeStringField(name, text);
    }
  }

  @Override
  public byte[] footerBytes() {
    return NOTHING;
  }
}
