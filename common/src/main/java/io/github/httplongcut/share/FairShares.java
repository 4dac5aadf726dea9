package io.github.httplongcut.share;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Decides who may hold how much of a room with a bounded number of places and bytes, so that a
 * party that takes much leaves something to the others (docs/protocol.md section 6):
 *
 * <ol>
 *   <li>All parties together hold no more than the room has.
 *   <li>While others want in, a party may hold {@link ShareRule#ofFree} of what is still free,
 *       places and bytes.
 *   <li>A party that is alone leaves a reserve for the first of the others: {@link
 *       ShareRule#always} places or a tenth of them, whichever is less, and a tenth of the bytes.
 *   <li>Rules 2 and 3 do not hold for a party with less than {@link ShareRule#always} places.
 * </ol>
 *
 * <p>Others want in while another party holds a place, or asked for one within the last {@link
 * #REMEMBERED}. Not thread-safe; the memory that it takes is proportional to the parties that hold
 * something.
 *
 * @param <K> names a party
 */
public final class FairShares<K> {

  /** Time for which a party that was refused, or has just left, still counts as wanting in. */
  static final Duration REMEMBERED = Duration.ofSeconds(10);

  /** Answer to a party that asks for room. */
  public enum Verdict {
    FITS,
    /** There is not so much left for anybody. */
    ROOM_FULL,
    OVER_SHARE_OF_PLACES,
    OVER_SHARE_OF_BYTES
  }

  private static final int PART_RESERVED = 10;

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
   * The party that asked last, and the one that asked last of the others: null before there are.
   */
  private K latest;

  private long latestAt;
  private K latestOther;
  private long latestOtherAt;

  /**
   * A room that nobody holds anything of.
   *
   * @param places in all
   * @param bytes in all; {@link Long#MAX_VALUE} if only places count
   */
  public FairShares(int places, long bytes, ShareRule rule) {
    this.places = places;
    this.bytes = bytes;
    this.rule = rule;
  }

  /**
   * Returns whether the party may {@link #acquire} with so many bytes. Its asking counts: from now
   * on the others know that somebody else wants in.
   *
   * @param now {@code nanoTime}
   */
  public boolean allows(K party, long moreBytes, long now) {
    return ask(party, moreBytes, now) == Verdict.FITS;
  }

  /**
   * The same as {@link #allows}, with the reason.
   *
   * @param now {@code nanoTime}
   */
  public Verdict ask(K party, long moreBytes, long now) {
    note(party, now);
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
   * Answers whether a party that holds a place may {@link #resize} by so many more bytes. Its
   * asking counts.
   *
   * @param now {@code nanoTime}
   */
  public Verdict askForBytes(K party, long moreBytes, long now) {
    note(party, now);
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
        : placesHeld < places - Math.min(rule.always(), places / PART_RESERVED);
  }

  private boolean leavesEnoughBytes(K party, long moreBytes, boolean contested) {
    if (bytes == Long.MAX_VALUE) {
      return true;
    }
    return contested
        ? bytesOf(party) + moreBytes <= rule.ofFree() * (bytes - bytesHeld)
        : moreBytes <= bytes - bytes / PART_RESERVED - bytesHeld;
  }

  /** Takes a place, and so many bytes. The caller has asked for it, or knows better. */
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

  /** Gives up a place, and so many bytes. */
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

  private void note(K party, long now) {
    if (!party.equals(latest)) {
      latestOther = latest;
      latestOtherAt = latestAt;
      latest = party;
    }
    latestAt = now;
  }

  /** The party itself has asked last, so of the others only the latest one matters. */
  private boolean othersWantIn(K party, long now) {
    return holdings.size() > (holdings.containsKey(party) ? 1 : 0)
        || (latestOther != null && now - latestOtherAt < REMEMBERED.toNanos());
  }
}
