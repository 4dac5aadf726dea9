package io.github.httplongcut.broker.inspect;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** Consent to send a request again that is not repeatable: {@code {"confirm":true}}. */
final class Confirmation {

  private static final JsonFactory JSON = new JsonFactory();

  private Confirmation() {}

  /** Returns whether the body is a JSON object with the member {@code "confirm":true}. */
  static boolean isIn(String body) {
    try (JsonParser json = JSON.createParser(body)) {
      boolean confirmed = false;
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        boolean isConfirm = json.currentName().equals("confirm");
        JsonToken value = json.nextToken();
        json.skipChildren();
        confirmed = isConfirm ? value == JsonToken.VALUE_TRUE : confirmed;
      }
      return confirmed && json.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }
}
