package io.github.httplongcut.system.fidelity;

import io.github.httplongcut.system.fidelity.RawMessage.Field;
import io.github.httplongcut.system.fidelity.RawMessage.Framing;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A strict reader of HTTP/1.1 messages. Every line must end in CRLF, every name must be a token,
 * and a body must have one framing (RFC 9112). Any deviation is a {@link MalformedException}.
 */
final class WireReader {

  /** Thrown for a message that violates RFC 9112. */
  static final class MalformedException extends IOException {
    private static final long serialVersionUID = 1L;

    MalformedException(String message) {
      super(message);
    }
  }

  /** The start line and fields of a request or response whose body is not read yet. */
  record Head(String startLine, List<Field> fields) {

    private List<String> values(String name) {
      return fields.stream()
          .filter(field -> field.name().equalsIgnoreCase(name))
          .map(Field::value)
          .toList();
    }

    boolean has(String name) {
      return !values(name).isEmpty();
    }
  }

  private static final Pattern REQUEST_LINE =
      Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+ [^ \\x00-\\x1f\\x7f]+ HTTP/1\\.[01]");
  private static final Pattern STATUS_LINE =
      Pattern.compile("HTTP/1\\.[01] [1-9][0-9]{2} [\\t \\x21-\\x7e\\x80-\\xff]*");
  private static final Pattern FIELD =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \\t]*([\\t \\x21-\\x7e\\x80-\\xff]*)");
  private static final Pattern TRAILING_SPACE = Pattern.compile("[ \\t]+$");
  private static final Pattern DIGITS = Pattern.compile("[0-9]{1,9}");
  private static final Pattern HEX_DIGITS = Pattern.compile("[0-9A-Fa-f]{1,7}");

  private final InputStream in;

  WireReader(InputStream in) {
    this.in = new BufferedInputStream(in, 64 * 1024);
  }

  /**
   * Reads the head of the next request; empty if the client has closed the connection between
   * requests.
   */
  Optional<Head> requestHead() throws IOException {
    return head(REQUEST_LINE);
  }

  /** Reads the body of the request with this head. */
  RawMessage requestBody(Head head) throws IOException {
    return message(head, framing(head).orElse(Framing.NONE));
  }

  /**
   * Reads the next response, which may be interim; empty if the server has closed the connection
   * between responses.
   *
   * @param method the method of the request, since a response to HEAD has no body
   */
  Optional<RawMessage> response(String method) throws IOException {
    Optional<Head> head = head(STATUS_LINE);
    if (head.isEmpty()) {
      return Optional.empty();
    }
    int status = Integer.parseInt(head.get().startLine.substring(9, 12));
    boolean bodiless = method.equals("HEAD") || status < 200 || status == 204 || status == 304;
    Framing framing = bodiless ? Framing.NONE : framing(head.get()).orElse(Framing.UNTIL_CLOSE);
    return Optional.of(message(head.get(), framing));
  }

  /** Reads all data until the other side closes the connection. */
  String rest() throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  private Optional<Head> head(Pattern startLine) throws IOException {
    in.mark(1);
    if (in.read() < 0) {
      return Optional.empty();
    }
    in.reset();
    String line = line();
    if (!startLine.matcher(line).matches()) {
      throw new MalformedException("malformed start line: " + line);
    }
    return Optional.of(new Head(line, fields()));
  }

  private static Optional<Framing> framing(Head head) throws IOException {
    List<String> codings = head.values("Transfer-Encoding");
    List<String> lengths = head.values("Content-Length");
    if (codings.size() + lengths.size() > 1) {
      throw new MalformedException("more than one framing: " + codings + lengths);
    }
    if (!codings.isEmpty()) {
      require(codings.get(0).equalsIgnoreCase("chunked"), "unknown coding " + codings);
      return Optional.of(Framing.CHUNKED);
    }
    return lengths.isEmpty() ? Optional.empty() : Optional.of(Framing.CONTENT_LENGTH);
  }

  private RawMessage message(Head head, Framing framing) throws IOException {
    List<Field> trailers = new ArrayList<>();
    String body =
        switch (framing) {
          case NONE -> "";
          case CONTENT_LENGTH -> bytes(number(DIGITS, head.values("Content-Length").get(0), 10));
          case CHUNKED -> chunks(trailers);
          case UNTIL_CLOSE -> rest();
        };
    return new RawMessage(head.startLine, head.fields, framing, body, trailers);
  }

  private String chunks(List<Field> trailers) throws IOException {
    StringBuilder body = new StringBuilder();
    int size = chunkSize();
    while (size > 0) {
      body.append(bytes(size));
      require(line().isEmpty(), "no CRLF after a chunk");
      size = chunkSize();
    }
    trailers.addAll(fields());
    return body.toString();
  }

  private int chunkSize() throws IOException {
    String line = line();
    int extension = line.indexOf(';');
    return number(HEX_DIGITS, extension < 0 ? line : line.substring(0, extension), 16);
  }

  private List<Field> fields() throws IOException {
    List<Field> fields = new ArrayList<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      var matcher = FIELD.matcher(line);
      require(matcher.matches(), "malformed field: " + line);
      String value = TRAILING_SPACE.matcher(matcher.group(2)).replaceFirst("");
      fields.add(new Field(matcher.group(1), value));
    }
    return fields;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\r'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("end of data in the middle of a line: " + line);
      }
      require(c != '\n', "a bare LF in: " + line);
      line.append((char) c);
    }
    require(in.read() == '\n', "a bare CR in: " + line);
    return line.toString();
  }

  private String bytes(int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException(bytes.length + " bytes of a body instead of " + count);
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static int number(Pattern form, String text, int radix) throws IOException {
    require(form.matcher(text).matches(), "malformed number: " + text);
    return Integer.parseInt(text, radix);
  }

  private static void require(boolean holds, String description) throws IOException {
    if (!holds) {
      throw new MalformedException(description);
    }
  }
}
