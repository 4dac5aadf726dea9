package io.github.httplongcut.system.fidelity;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * An HTTP/1.1 message as on the wire. Every char is a byte (ISO-8859-1).
 *
 * @param startLine request line or status line
 * @param fields one for each field line, in order
 * @param body the decoded body; empty if there is none
 * @param trailers the fields after a chunked body
 */
record RawMessage(
    String startLine, List<Field> fields, Framing framing, String body, List<Field> trailers) {

  /** Maximum length of a body that is printed completely. */
  private static final int READABLE = 400;

  /** One line of a header section. */
  record Field(String name, String value) {}

  /** The framing of a body, which determines its end (RFC 9112 section 6.3). */
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

  /** The values of the fields with this name, in order. */
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

  /** Returns the message with one more field at the end. */
  RawMessage with(String name, String value) {
    List<Field> more = new ArrayList<>(fields);
    more.add(new Field(name, value));
    return withFields(more);
  }

  /** Returns the message without the fields of these names, ignoring case. */
  RawMessage without(String... names) {
    return withFields(
        fields.stream()
            .filter(field -> List.of(names).stream().noneMatch(field.name::equalsIgnoreCase))
            .toList());
  }

  /** Returns the message with this field instead of all fields of its name. */
  RawMessage replacing(String name, String value) {
    return without(name).with(name, value);
  }

  private RawMessage withFields(List<Field> others) {
    return new RawMessage(startLine, others, framing, body, trailers);
  }

  /**
   * Returns the message with {@code Content-Length} framing, which the relay uses for every body.
   */
  RawMessage sized() {
    if (framing != Framing.CHUNKED && framing != Framing.UNTIL_CLOSE) {
      return this;
    }
    List<Field> others =
        without("Transfer-Encoding").with("Content-Length", "" + body.length()).fields;
    return new RawMessage(startLine, others, Framing.CONTENT_LENGTH, body, trailers);
  }

  /** Returns the message without trailers. */
  RawMessage withoutTrailers() {
    return new RawMessage(startLine, fields, framing, body, List.of());
  }

  /**
   * The message as text for comparison and for failure messages. Fields are sorted by name; fields
   * of one name keep their order and spelling.
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
