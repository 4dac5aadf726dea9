package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.Event.BrokerStatus;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The last {@code broker_status} of each broker, at most {@value #MAX} brokers, and {@value
 * #MAX_OF_USER} of one RabbitMQ user. A broker is silent after {@link #SILENT_AFTER} without one,
 * and forgotten after {@link #FORGOTTEN_AFTER}; a broker that was draining has stopped, and is
 * forgotten instead of silent. Times are {@code nanoTime}. Not thread-safe.
 */
public final class KnownBrokers {

  static final int MAX = 64;
  static final int MAX_OF_USER = 32;

  public static final Duration SILENT_AFTER = Duration.ofSeconds(5);
  public static final Duration FORGOTTEN_AFTER = Duration.ofSeconds(60);

  /** A status with the time at which it was heard. */
  private record Heard(BrokerStatus status, long at) {
    boolean isForgotten(long now) {
      boolean stops = status.report().health().state().equals("draining");
      return now - at >= (stops ? SILENT_AFTER : FORGOTTEN_AFTER).toNanos();
    }
  }

  /**
   * A broker.
   *
   * @param own true if it is this broker
   * @param silentNanos time since its last status
   */
  public record KnownBroker(BrokerStatus status, boolean own, long silentNanos) {

    /** Returns whether the broker has sent no status for a while. */
    public boolean isSilent() {
      return !own && silentNanos >= SILENT_AFTER.toNanos();
    }
  }

  /** By id. An own former id is not among them. */
  private final Map<ProcessId, Heard> others = new LinkedHashMap<>();

  private final Map<ProcessId, Boolean> ownIds = new RecentMap<>(MAX);
  private Heard own;

  /** Notes the status of this broker. */
  public void onOwn(BrokerStatus status, long now) {
    own = new Heard(status, now);
    if (ownIds.put(status.brokerId(), true) == null) {
      others.remove(status.brokerId());
    }
  }

  /** Notes the status of any broker; ignores those of this broker, which also come back to it. */
  public void onStatus(BrokerStatus status, long now) {
    forget(now);
    boolean isOwn = ownIds.containsKey(status.brokerId());
    if (!isOwn && (others.containsKey(status.brokerId()) || hasRoom(status.brokerId().user()))) {
      others.put(status.brokerId(), new Heard(status, now));
    }
  }

  private boolean hasRoom(String user) {
    return others.size() < MAX
        && others.keySet().stream().filter(id -> id.user().equals(user)).count() < MAX_OF_USER;
  }

  /** Returns the brokers, this broker first. */
  public List<KnownBroker> all(long now) {
    forget(now);
    List<KnownBroker> all = new ArrayList<>();
    if (own != null) {
      all.add(new KnownBroker(own.status, true, now - own.at));
    }
    others.forEach((id, heard) -> all.add(new KnownBroker(heard.status, false, now - heard.at)));
    return all;
  }

  private void forget(long now) {
    others.values().removeIf(heard -> heard.isForgotten(now));
  }
}
