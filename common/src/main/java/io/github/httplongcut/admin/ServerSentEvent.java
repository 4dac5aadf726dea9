package io.github.httplongcut.admin;

/**
 * Event of a stream, as a browser's {@code EventSource} receives it.
 *
 * @param name type of the event
 * @param data one line of JSON
 */
public record ServerSentEvent(String name, String data) {

  /** Checks that both are one line. */
  public ServerSentEvent {
    requireOneLine(name);
    requireOneLine(data);
  }

  private static void requireOneLine(String text) {
    if (text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0) {
      throw new IllegalArgumentException("a server-sent event has a line break");
    }
  }

  /** Returns the form on the wire, with the empty line that ends an event. */
  String encoded() {
    return "event: " + name + "\ndata: " + data + "\n\n";
  }
}
