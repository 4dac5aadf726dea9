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
 * forgotten instead of silent. A broker that has lost its inbox continues under a new id, which
 * replaces the former one. Times are {@code nanoTime}. Not thread-safe.
 */
public final class KnownBrokers {

  static final int MAX = 64;
  static final int MAX_OF_USER = 32;

  public static final Duration SILENT_AFTER = Duration.ofSeconds(5);
  public static final Duration FORGOTTEN_AFTER = Duration.ofSeconds(60);

  /** Largest difference between the starts that two statuses of one process seem to tell. */
  private static final long START_TOLERANCE_MS = 2_000;

  /** A status with the time at which it was heard. */
  private record Heard(BrokerStatus status, long at) {
    boolean isForgotten(long now) {
      boolean stops = status.report().health().state().equals("draining");
      return now - at >= (stops ? SILENT_AFTER : FORGOTTEN_AFTER).toNanos();
    }

    /**
     * Returns whether a later status is of the same process: its uptime has grown by the time
     * between the two. After a restart it is smaller.
     */
    boolean isContinuedBy(Heard later) {
      ProcessId id = status.brokerId();
      ProcessId laterId = later.status.brokerId();
      long elapsed = Duration.ofNanos(later.at - at).toMillis();
      long grown = later.uptimeMillis() - uptimeMillis();
      return id.user().equals(laterId.user())
          && id.name().equals(laterId.name())
          && Math.abs(grown - elapsed) <= START_TOLERANCE_MS;
    }

    private long uptimeMillis() {
      return status.report().health().uptimeMillis();
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

  /** Ids that a new one has replaced. If such an id is heard again, it is of another broker. */
  private final Map<ProcessId, Boolean> formerIds = new RecentMap<>(MAX);

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
    ProcessId id = status.brokerId();
    if (ownIds.containsKey(id)) {
      return;
    }
    Heard heard = new Heard(status, now);
    if (!others.containsKey(id) && !formerIds.containsKey(id)) {
      replaceFormerId(heard);
    }
    if (others.containsKey(id) || hasRoom(id.user())) {
      others.put(id, heard);
    }
  }

  /** Removes the id that the broker with this new one had before. */
  private void replaceFormerId(Heard renewed) {
    others.entrySet().stream()
        .filter(other -> other.getValue().isContinuedBy(renewed))
        .map(Map.Entry::getKey)
        .findFirst()
        .ifPresent(
            former -> {
              others.remove(former);
              formerIds.put(former, true);
            });
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
