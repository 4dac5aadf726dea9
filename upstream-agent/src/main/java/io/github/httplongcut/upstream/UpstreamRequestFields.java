package io.github.httplongcut.upstream;

import io.github.httplongcut.http.HeaderRules;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Which fields an upstream server gets: those that pass the relay, and those of this hop. */
final class UpstreamRequestFields {

  private static final String HOST = "host";
  private static final String CONTENT_LENGTH = "content-length";

  private UpstreamRequestFields() {}

  /**
   * The fields that the server gets, all of them: nothing is added but {@code Host}, and a {@code
   * Content-Length} where there is content. {@code Expect: 100-continue} stays here: the content is
   * here already and nobody waits (RFC 9110 section 10.1.1).
   */
  static Headers forServer(Request request, Target target) {
    Headers endToEnd = HeaderRules.endToEnd(request.headers());
    boolean keepsHost = target.config().preserveHost() && endToEnd.contains(HOST);
    Headers.Builder fields = Headers.builder();
    if (!endToEnd.contains(HOST)) {
      fields.add("Host", target.authority());
    }
    boolean hasLength = false;
    for (Headers.Field field : endToEnd.fields()) {
      switch (field.name().toLowerCase(Locale.ROOT)) {
        case HOST ->
            fields.add(field.name(), keepsHost ? field.values().get(0) : target.authority());
        case CONTENT_LENGTH -> {
          if (request.body().isPresent()) {
            fields.add(field.name(), Integer.toString(request.body().length()));
            hasLength = true;
          }
        }
        case "expect" -> addAllBut100Continue(fields, field);
        default -> field.values().forEach(value -> fields.add(field.name(), value));
      }
    }
    if (request.body().isPresent() && !hasLength) {
      fields.add("Content-Length", Integer.toString(request.body().length()));
    }
    return fields.build();
  }

  private static void addAllBut100Continue(Headers.Builder fields, Headers.Field field) {
    List<String> kept = new ArrayList<>(field.values());
    kept.removeIf(value -> value.strip().equalsIgnoreCase("100-continue"));
    kept.forEach(value -> fields.add(field.name(), value));
  }
}
