package io.github.httplongcut.client;

import io.github.httplongcut.http.HeaderRules;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Response;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/** Builds the answer for a failure: problem details in JSON (RFC 9457, protocol section 5). */
final class ProblemResponse {

  /** Seconds of {@code Retry-After}: most causes are gone by then. */
  static final int RETRY_AFTER_SECONDS = 2;

  /** Methods for {@code Allow} (RFC 9110 section 10.2.1). Other methods are relayed too. */
  static final String RELAYED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

  private ProblemResponse() {}

  /**
   * Returns the answer for {@code error}.
   *
   * @param firstId the request's first {@code client_req_id}
   * @param upstreamTarget empty if it is not known yet
   */
  static Response of(EventError error, UUID firstId, Optional<String> upstreamTarget) {
    Failure failure = error.failure();
    Map<String, String> members = new LinkedHashMap<>();
    members.put("type", quoted("urn:http-longcut:" + failure.code()));
    members.put("title", quoted(failure.title()));
    members.put("status", Integer.toString(failure.status()));
    members.put("detail", quoted(error.message()));
    members.put("code", quoted(failure.code()));
    members.put("hop", quoted(error.hop().wireName()));
    members.put("client_req_id", quoted(firstId.toString()));
    upstreamTarget.ifPresent(target -> members.put("upstream_target", quoted(target)));
    Headers.Builder headers =
        Headers.builder()
            .add("Content-Type", "application/problem+json")
            .add("Cache-Control", "no-store")
            .add(HeaderRules.LONGCUT_ERROR, failure.code());
    if (failure.retryLater()) {
      headers.add("Retry-After", Integer.toString(RETRY_AFTER_SECONDS));
    }
    if (failure == Failure.METHOD_NOT_ALLOWED) {
      headers.add("Allow", RELAYED_METHODS);
    }
    return new Response(failure.status(), headers.build(), Body.ofText(object(members)));
  }

  private static String object(Map<String, String> members) {
    return members.entrySet().stream()
        .map(member -> quoted(member.getKey()) + ':' + member.getValue())
        .collect(Collectors.joining(",", "{", "}\n"));
  }

  /**
   * Returns a JSON string (RFC 8259 section 7). The JSON library is internal to the event codec.
   */
  private static String quoted(String text) {
    StringBuilder json = new StringBuilder(text.length() + 2).append('"');
    text.codePoints()
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                json.append('\\').append((char) c);
              } else if (c < ' '
                  || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
                json.append(String.format("\\u%04x", c));
              } else {
                json.appendCodePoint(c);
              }
            });
    return json.append('"').toString();
  }
}
