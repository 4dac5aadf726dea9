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

/** {@code --event}: which events to tap. */
final class EventOption {

  @Option(
      names = "--event",
      paramLabel = "EVENT",
      converter = ByWireName.class,
      description = "only this event; repeatable (default: all but upstream_heartbeat)")
  private List<EventType> asked = new ArrayList<>();

  /**
   * Those asked for, or if none were, all but the heartbeats, which never stop and would soon fill
   * the queue.
   */
  Set<EventType> chosen() {
    return asked.isEmpty()
        ? EnumSet.complementOf(EnumSet.of(EventType.UPSTREAM_HEARTBEAT))
        : EnumSet.copyOf(asked);
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
                      "there is no event '"
                          + name
                          + "'; there are "
                          + names(EnumSet.copyOf(Arrays.asList(EventType.values())))));
    }
  }
}
