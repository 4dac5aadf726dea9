package io.github.httplongcut.upstream.http;

import io.github.httplongcut.http.HeaderRules;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Computes the header fields of the request to the upstream server: the end-to-end fields of the
 * relayed request, and the fields that belong to this hop.
 */
final class UpstreamRequestFields {

  private static final String HOST = "host";
  private static final String CONTENT_LENGTH = "content-length";

  private UpstreamRequestFields() {}

  /**
   * Returns all header fields for the server. This method adds only {@code Host}, and {@code
   * Content-Length} if the request has content. It removes {@code Expect: 100-continue}: the agent
   * already has the content and sends it without waiting (RFC 9110 section 10.1.1).
   */
  static Headers forServer(Request request, TargetServer server) {
    Headers endToEnd = HeaderRules.endToEnd(request.headers());
    boolean keepsHost = server.config().preserveHost() && endToEnd.contains(HOST);
    Headers.Builder fields = Headers.builder();
    if (!endToEnd.contains(HOST)) {
      fields.add("Host", server.authority());
    }
    boolean hasLength = false;
    for (Headers.Field field : endToEnd.fields()) {
      switch (field.name().toLowerCase(Locale.ROOT)) {
        case HOST ->
            fields.add(field.name(), keepsHost ? field.values().get(0) : server.authority());
        case CONTENT_LENGTH -> {
          if (request.body().isPresent()) {
            fields.add(field.name(), Integer.toString(request.body().length()));
            hasLength = true;
          }
        }
        case "expect" -> addWithout100Continue(fields, field);
        default -> field.values().forEach(value -> fields.add(field.name(), value));
      }
    }
    if (request.body().isPresent() && !hasLength) {
      fields.add("Content-Length", Integer.toString(request.body().length()));
    }
    return fields.build();
  }

  private static void addWithout100Continue(Headers.Builder fields, Headers.Field field) {
    List<String> kept = new ArrayList<>(field.values());
    kept.removeIf(value -> value.strip().equalsIgnoreCase("100-continue"));
    kept.forEach(value -> fields.add(field.name(), value));
  }
}
