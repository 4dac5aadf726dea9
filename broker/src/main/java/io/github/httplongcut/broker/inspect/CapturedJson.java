package io.github.httplongcut.broker.inspect;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.httplongcut.broker.inspect.CapturedExchange.CapturedRequest;
import io.github.httplongcut.broker.inspect.CapturedExchange.CapturedResponse;
import io.github.httplongcut.broker.inspect.CapturedMessage.HeaderLine;
import java.io.IOException;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;

/**
 * JSON form of captured exchanges. Characters outside ASCII are escaped, so that a terminal
 * interprets no character of a body.
 */
public final class CapturedJson {

  private CapturedJson() {}

  /** Writes the exchange of the request with this id as a member, if it is kept. */
  public static void write(JsonGenerator json, Captures captures, UUID clientReqId)
      throws IOException {
    Optional<CapturedExchange> exchange = captures.shown(clientReqId);
    if (exchange.isEmpty()) {
      return;
    }
    int highest = json.getHighestEscapedChar();
    json.setHighestNonEscapedChar(0x7e);
    json.writeObjectFieldStart("captured");
    writeRequest(json, exchange.get().request());
    if (exchange.get().response().isPresent()) {
      writeResponse(json, exchange.get().response().get());
    }
    json.writeEndObject();
    json.setHighestNonEscapedChar(highest);
  }

  private static void writeRequest(JsonGenerator json, CapturedRequest request) throws IOException {
    json.writeObjectFieldStart("request");
    json.writeStringField("method", request.method());
    json.writeStringField("url", request.url());
    writeMessage(json, request.message());
    json.writeEndObject();
  }

  private static void writeResponse(JsonGenerator json, CapturedResponse response)
      throws IOException {
    json.writeObjectFieldStart("response");
    json.writeNumberField("status", response.status());
    writeMessage(json, response.message());
    json.writeEndObject();
  }

  private static void writeMessage(JsonGenerator json, CapturedMessage message) throws IOException {
    json.writeArrayFieldStart("headers");
    for (HeaderLine line : message.headers()) {
      json.writeStartArray();
      json.writeString(line.name());
      json.writeString(line.value());
      json.writeEndArray();
    }
    json.writeEndArray();
    json.writeObjectFieldStart("body");
    CapturedBody body = message.body();
    Optional<String> text = body.text();
    if (text.isPresent()) {
      json.writeStringField("text", text.get());
    } else {
      json.writeStringField(
          "base64", Base64.getEncoder().encodeToString(body.kept().toByteArray()));
    }
    json.writeNumberField("bytes", body.bytes());
    json.writeBooleanField("truncated", body.truncated());
    json.writeEndObject();
  }
}
