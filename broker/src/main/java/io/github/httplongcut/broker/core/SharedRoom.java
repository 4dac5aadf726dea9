package io.github.httplongcut.broker.core;

import io.github.httplongcut.share.FairShares;
import io.github.httplongcut.share.ShareRule;
import java.util.Optional;

/**
 * A bounded number of places for requests, and of their bytes, which upstream targets and the users
 * of client agents share ({@link FairShares}).
 */
final class SharedRoom {

  private final int places;
  private final long bytes;
  private final FairShares<String> targets;
  private final FairShares<String> users;

  /**
   * An empty room.
   *
   * @param bytes of the requests in it; {@link Long#MAX_VALUE} if only places count
   */
  SharedRoom(int places, long bytes, ShareRule rule) {
    this.places = places;
    this.bytes = bytes;
    this.targets = new FairShares<>(places, bytes, rule);
    this.users = new FairShares<>(places, bytes, rule);
  }

  /**
   * Returns why there is no place for the request, or nothing if it may {@link #acquire}.
   *
   * @param now {@code nanoTime}
   */
  Optional<NoRoom> noRoomFor(InFlight request, long now) {
    boolean targetMay = targets.allows(request.target(), sizeOf(request), now);
    boolean userMay = users.allows(request.user(), sizeOf(request), now);
    if (targetMay && userMay) {
      return Optional.empty();
    }
    if (size() >= places || sizeOf(request) > bytes - bytes()) {
      return Optional.of(NoRoom.FULL);
    }
    return Optional.of(targetMay ? NoRoom.SHARE_OF_USER : NoRoom.SHARE_OF_TARGET);
  }

  /** Takes a place, without asking: of one that may come back there is always one more. */
  void acquire(InFlight request) {
    targets.acquire(request.target(), sizeOf(request));
    users.acquire(request.user(), sizeOf(request));
  }

  /** Gives its place up. */
  void release(InFlight request) {
    targets.release(request.target(), sizeOf(request));
    users.release(request.user(), sizeOf(request));
  }

  /** Returns the number of requests in it. */
  int size() {
    return targets.placesHeld();
  }

  /** Returns the number of requests in it for one target. */
  int sizeOf(String target) {
    return targets.placesOf(target);
  }

  /** Returns the bytes of the requests in it, 0 if only places count. */
  long bytes() {
    return targets.bytesHeld();
  }

  private long sizeOf(InFlight request) {
    return bytes == Long.MAX_VALUE ? 0 : request.size();
  }
}
