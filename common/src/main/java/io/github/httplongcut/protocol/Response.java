package io.github.httplongcut.protocol;

import io.github.httplongcut.http.Headers;
import java.util.Objects;

/**
 * HTTP response in an {@code upstream_response} or {@code broker_response} (protocol section 2).
 *
 * @param statusCode a final status, 200 to 999
 * @param headers end-to-end fields only
 * @param body may be absent or empty
 */
public record Response(int statusCode, Headers headers, Body body) {

  public Response {
    if (statusCode < 200 || statusCode > 999) {
      throw new IllegalArgumentException("status_code " + statusCode + " is not a final status");
    }
    Objects.requireNonNull(headers, "headers");
    Objects.requireNonNull(body, "body");
  }
}
