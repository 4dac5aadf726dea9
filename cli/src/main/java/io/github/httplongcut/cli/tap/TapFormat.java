package io.github.httplongcut.cli.tap;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * Turns events into lines of output. The events come in the order of the trace. One call at a time.
 */
interface TapFormat {

  /** Returns the lines to print when this event of the message arrives; may be empty. */
  List<String> lines(TracedMessage message, JsonNode event, Moment now);

  /** Returns the lines to print at this time, whether an event arrives or not. */
  default List<String> linesAt(Moment now) {
    return List.of();
  }
}
