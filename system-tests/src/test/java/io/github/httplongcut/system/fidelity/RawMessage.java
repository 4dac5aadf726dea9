package io.github.httplongcut.system.fidelity;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * An HTTP/1.1 message as it was on the wire. Every char is a byte (ISO-8859-1).
 *
 * @param startLine request line or status line
 * @param fields as they came, one for each line
 * @param body what the framing encloses; empty also if there is none
 * @param trailers the fields behind a chunked body
 */
record RawMessage(
    String startLine, List<Field> fields, Framing framing, String body, List<Field> trailers) {

  /** A body of more chars is shown by its length and hash only. */
  private static final int READABLE = 400;

  /** One line of a header section. */
  record Field(String name, String value) {}

  /** How the end of the body is known (RFC 9112 section 6.3). */
  enum Framing {
    NONE,
    CONTENT_LENGTH,
    CHUNKED,
    UNTIL_CLOSE
  }

  RawMessage {
    fields = List.copyOf(fields);
    trailers = List.copyOf(trailers);
  }

  /** The values of that name, in order. */
  List<String> values(String name) {
    return fields.stream()
        .filter(field -> field.name.equalsIgnoreCase(name))
        .map(Field::value)
        .toList();
  }

  /** The status code of a response. */
  int status() {
    return Integer.parseInt(startLine.substring(9, 12));
  }

  RawMessage startingWith(String otherStartLine) {
    return new RawMessage(otherStartLine, fields, framing, body, trailers);
  }

  /** With one more field at the end. */
  RawMessage with(String name, String value) {
    List<Field> more = new ArrayList<>(fields);
    more.add(new Field(name, value));
    return withFields(more);
  }

  /** Without the fields of these names, however they are spelt. */
  RawMessage without(String... names) {
    return withFields(
        fields.stream()
            .filter(field -> List.of(names).stream().noneMatch(field.name::equalsIgnoreCase))
            .toList());
  }

  /** With that field instead of all that have its name. */
  RawMessage replacing(String name, String value) {
    return without(name).with(name, value);
  }

  private RawMessage withFields(List<Field> others) {
    return new RawMessage(startLine, others, framing, body, trailers);
  }

  /** The same body with its length in front of it, as the relay sends all that has a body. */
  RawMessage sized() {
    if (framing != Framing.CHUNKED && framing != Framing.UNTIL_CLOSE) {
      return this;
    }
    List<Field> others =
        without("Transfer-Encoding").with("Content-Length", "" + body.length()).fields;
    return new RawMessage(startLine, others, Framing.CONTENT_LENGTH, body, trailers);
  }

  /** The same without what stands behind a chunked body. */
  RawMessage withoutTrailers() {
    return new RawMessage(startLine, fields, framing, body, List.of());
  }

  /**
   * All of it but the order between fields of different names, for comparing and reading: the
   * fields of one name stay in order, each as it is spelt.
   */
  String comparable() {
    StringBuilder text = new StringBuilder(startLine).append('\n');
    Map<String, List<Field>> byName =
        fields.stream()
            .collect(
                Collectors.groupingBy(
                    field -> field.name.toLowerCase(Locale.ROOT),
                    TreeMap::new,
                    Collectors.toList()));
    byName.values().forEach(same -> same.forEach(field -> append(text, field)));
    text.append('(').append(framing).append(", ").append(body.length()).append(" bytes)\n");
    text.append(
        body.length() <= READABLE
            ? escaped(body)
            : escaped(body.substring(0, READABLE)) + "… hash " + body.hashCode());
    trailers.forEach(field -> append(text.append("\nTrailer "), field));
    return text.toString();
  }

  private static void append(StringBuilder text, Field field) {
    text.append(field.name).append(": ").append(escaped(field.value)).append('\n');
  }

  private static String escaped(String text) {
    return text.chars()
        .mapToObj(
            c -> c == '\n' || (c >= ' ' && c < 0x7f) ? "" + (char) c : String.format("\\x%02x", c))
        .collect(Collectors.joining());
  }

  @Override
  public String toString() {
    return comparable();
  }
}
