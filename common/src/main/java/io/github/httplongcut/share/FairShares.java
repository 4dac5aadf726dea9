package io.github.httplongcut.share;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Divides a room, a limited number of places and bytes, among parties, so that a party with many
 * requests leaves capacity for the others (docs/protocol.md section 6):
 *
 * <ol>
 *   <li>All parties together hold at most the whole room.
 *   <li>While others want in, a party may hold the fraction {@link ShareRule#ofFree} of the places
 *       and bytes that are still free.
 *   <li>A party that is alone leaves a reserve for the next party: {@link ShareRule#always} places
 *       or a tenth of all places, whichever is less, and a tenth of the bytes.
 *   <li>Rules 2 and 3 do not apply to a party with fewer than {@link ShareRule#always} places.
 * </ol>
 *
 * <p>Others want in while another party holds a place, or asked for one within the last {@link
 * #REMEMBERED}. Not thread-safe. The memory is proportional to the number of parties that hold a
 * place.
 *
 * @param <K> key of a party
 */
public final class FairShares<K> {

  /** Time for which a party counts as wanting in after it last asked for a place. */
  static final Duration REMEMBERED = Duration.ofSeconds(10);

  /** Answer to a party that asks for room. */
  public enum Verdict {
    FITS,
    /** The room has too little left for any party. */
    ROOM_FULL,
    OVER_SHARE_OF_PLACES,
    OVER_SHARE_OF_BYTES
  }

  private static final int RESERVE_DIVISOR = 10;

  private static final class Holding {
    private int places;
    private long bytes;
  }

  private final int places;
  private final long bytes;
  private final ShareRule rule;
  private final Map<K, Holding> holdings = new HashMap<>();
  private int placesHeld;
  private long bytesHeld;

  /**
   * The party that asked last, and in {@link #latestOther} the one that asked last among all other
   * parties; null if there is none yet.
   */
  private K latest;

  private long latestAt;
  private K latestOther;
  private long latestOtherAt;

  /**
   * Creates an empty room.
   *
   * @param places number of places of the room
   * @param bytes number of bytes of the room; {@link Long#MAX_VALUE} if only places are limited
   */
  public FairShares(int places, long bytes, ShareRule rule) {
    this.places = places;
    this.bytes = bytes;
    this.rule = rule;
  }

  /**
   * Returns whether the party may {@link #acquire} a place and this many bytes. From now on the
   * party counts as wanting in.
   *
   * @param now {@code nanoTime}
   */
  public boolean allows(K party, long moreBytes, long now) {
    return ask(party, moreBytes, now) == Verdict.FITS;
  }

  /**
   * Decides like {@link #allows}, and returns the reason.
   *
   * @param now {@code nanoTime}
   */
  public Verdict ask(K party, long moreBytes, long now) {
    remember(party, now);
    if (placesHeld >= places || moreBytes > bytes - bytesHeld) {
      return Verdict.ROOM_FULL;
    }
    if (placesOf(party) < rule.always()) {
      return Verdict.FITS;
    }
    boolean contested = othersWantIn(party, now);
    if (!leavesEnoughPlaces(party, contested)) {
      return Verdict.OVER_SHARE_OF_PLACES;
    }
    return leavesEnoughBytes(party, moreBytes, contested)
        ? Verdict.FITS
        : Verdict.OVER_SHARE_OF_BYTES;
  }

  /**
   * Decides whether a party that holds a place may {@link #resize} by this many bytes. From now on
   * the party counts as wanting in.
   *
   * @param now {@code nanoTime}
   */
  public Verdict askForBytes(K party, long moreBytes, long now) {
    remember(party, now);
    if (moreBytes > bytes - bytesHeld) {
      return Verdict.ROOM_FULL;
    }
    return placesOf(party) <= rule.always()
            || leavesEnoughBytes(party, moreBytes, othersWantIn(party, now))
        ? Verdict.FITS
        : Verdict.OVER_SHARE_OF_BYTES;
  }

  private boolean leavesEnoughPlaces(K party, boolean contested) {
    return contested
        ? placesOf(party) < rule.ofFree() * (places - placesHeld)
        : placesHeld < places - Math.min(rule.always(), places / RESERVE_DIVISOR);
  }

  private boolean leavesEnoughBytes(K party, long moreBytes, boolean contested) {
    if (bytes == Long.MAX_VALUE) {
      return true;
    }
    return contested
        ? bytesOf(party) + moreBytes <= rule.ofFree() * (bytes - bytesHeld)
        : moreBytes <= bytes - bytes / RESERVE_DIVISOR - bytesHeld;
  }

  /**
   * Takes a place and this many bytes, without a check: the caller has called {@link #ask} if
   * needed.
   */
  public void acquire(K party, long moreBytes) {
    Holding own = holdings.computeIfAbsent(party, p -> new Holding());
    own.places++;
    own.bytes += moreBytes;
    placesHeld++;
    bytesHeld += moreBytes;
  }

  /** Changes the bytes of a party that holds a place, by a positive or negative number. */
  public void resize(K party, long moreBytes) {
    holdings.get(party).bytes += moreBytes;
    bytesHeld += moreBytes;
  }

  /** Gives up a place and this many bytes. */
  public void release(K party, long fewerBytes) {
    Holding own = holdings.get(party);
    own.places--;
    own.bytes -= fewerBytes;
    placesHeld--;
    bytesHeld -= fewerBytes;
    if (own.places == 0) {
      holdings.remove(party);
    }
  }

  /** Returns the number of places that the party holds. */
  public int placesOf(K party) {
    Holding own = holdings.get(party);
    return own == null ? 0 : own.places;
  }

  private long bytesOf(K party) {
    Holding own = holdings.get(party);
    return own == null ? 0 : own.bytes;
  }

  /** Returns the number of places that all parties hold. */
  public int placesHeld() {
    return placesHeld;
  }

  /** Returns the number of bytes that all parties hold. */
  public long bytesHeld() {
    return bytesHeld;
  }

  private void remember(K party, long now) {
    if (!party.equals(latest)) {
      latestOther = latest;
      latestOtherAt = latestAt;
      latest = party;
    }
    latestAt = now;
  }

  /**
   * Called right after {@link #remember}, so {@code latestOther} is the other party that asked
   * last.
   */
  private boolean othersWantIn(K party, long now) {
    return holdings.size() > (holdings.containsKey(party) ? 1 : 0)
        || (latestOther != null && now - latestOtherAt < REMEMBERED.toNanos());
  }
}
