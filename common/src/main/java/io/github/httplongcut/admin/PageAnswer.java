package io.github.httplongcut.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;

/**
 * Answer of an admin page.
 *
 * @param status HTTP status
 * @param contentType value of {@code Content-Type}
 * @param body text, sent in UTF-8
 */
public record PageAnswer(int status, String contentType, String body) {

  private static final JsonFactory JSON = new JsonFactory();

  /** Writes the members of a JSON object. */
  @FunctionalInterface
  public interface JsonMembers {
    void write(JsonGenerator json) throws IOException;
  }

  /** Returns an answer with status 200 and this text. */
  public static PageAnswer text(String text) {
    return text(200, text);
  }

  /** Returns an answer with this text. */
  public static PageAnswer text(int status, String text) {
    return new PageAnswer(status, "text/plain; charset=utf-8", text);
  }

  /** Returns an answer with a JSON object. */
  public static PageAnswer json(int status, JsonMembers members) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      members.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // impossible: the output is in memory
    }
    return new PageAnswer(status, "application/json", text.append('\n').toString());
  }

  /**
   * Returns an answer with an error.
   *
   * @param error code of the error, for programs
   * @param detail one sentence for the operator
   */
  public static PageAnswer error(int status, String error, String detail) {
    return json(
        status,
        json -> {
          json.writeStringField("error", error);
          json.writeStringField("detail", detail);
        });
  }
}
