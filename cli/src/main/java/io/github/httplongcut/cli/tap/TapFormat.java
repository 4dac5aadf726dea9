package io.github.httplongcut.cli.tap;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Turns events into lines of output. Called by one thread, in the order of the trace. */
interface TapFormat {

  /** Returns the lines to print when this event of the message arrives; may be empty. */
  List<String> lines(TracedMessage message, JsonNode event, Moment now);
}
