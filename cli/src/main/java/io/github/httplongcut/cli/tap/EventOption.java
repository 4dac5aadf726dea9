package io.github.httplongcut.cli.tap;

import io.github.httplongcut.protocol.EventType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Option {@code --event}: the events to tap. */
final class EventOption {

  @Option(
      names = "--event",
      paramLabel = "EVENT",
      converter = ByWireName.class,
      description =
          "Tap only this event. Repeat the option for several events (default: all except"
              + " upstream_heartbeat).")
  private List<EventType> requested = new ArrayList<>();

  /**
   * Returns the events given on the command line. Without any, returns all except heartbeats, which
   * never stop and would soon fill the queue.
   */
  Set<EventType> chosen() {
    return requested.isEmpty()
        ? EnumSet.complementOf(EnumSet.of(EventType.UPSTREAM_HEARTBEAT))
        : EnumSet.copyOf(requested);
  }

  /** Returns whether events were chosen on the command line. */
  boolean isGiven() {
    return !requested.isEmpty();
  }

  static String names(Set<EventType> events) {
    return events.stream().map(EventType::wireName).collect(Collectors.joining(", "));
  }

  static final class ByWireName implements ITypeConverter<EventType> {
    @Override
    public EventType convert(String name) {
      return EventType.ofName(name)
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "unknown event '"
                          + name
                          + "'; the events are: "
                          + names(EnumSet.copyOf(Arrays.asList(EventType.values())))));
    }
  }
}
