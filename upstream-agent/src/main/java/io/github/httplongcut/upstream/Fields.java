package io.github.httplongcut.upstream;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Request;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Which fields pass between the relay and an upstream server. */
final class Fields {

  private static final String HOST = "host";
  private static final String CONTENT_LENGTH = "content-length";

  /** What the relay says of itself: an upstream server cannot say it (protocol section 5). */
  private static final String OWN_PREFIX = "longcut-";

  /** Of one connection only (RFC 9110 section 7.6.1), or about how one message is framed. */
  private static final Set<String> HOP_BY_HOP =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private Fields() {}

  /**
   * The fields that the server gets, all of them: nothing is added but {@code Host}, and a {@code
   * Content-Length} where there is content. {@code Expect: 100-continue} stays here: the content is
   * here already and nobody waits (RFC 9110 section 10.1.1).
   */
  static Headers forServer(Request request, Target target) {
    Headers endToEnd = endToEnd(request.headers());
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

  /** What of a server's answer is passed on. */
  static Headers fromServer(Headers received) {
    return endToEnd(received).without(name -> name.startsWith(OWN_PREFIX));
  }

  private static Headers endToEnd(Headers headers) {
    Set<String> named = connectionNamed(headers);
    return headers.without(name -> HOP_BY_HOP.contains(name) || named.contains(name));
  }

  private static Set<String> connectionNamed(Headers headers) {
    List<String> values = headers.all("connection");
    if (values.isEmpty()) {
      return Set.of();
    }
    Set<String> names = new HashSet<>();
    for (String value : values) {
      for (String name : value.split(",", -1)) {
        names.add(name.strip().toLowerCase(Locale.ROOT));
      }
    }
    return names;
  }

  private static void addAllBut100Continue(Headers.Builder fields, Headers.Field field) {
    List<String> kept = new ArrayList<>(field.values());
    kept.removeIf(value -> value.strip().equalsIgnoreCase("100-continue"));
    kept.forEach(value -> fields.add(field.name(), value));
  }
}
