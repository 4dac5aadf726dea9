package io.github.httplongcut.broker.core;

import io.github.httplongcut.share.FairShares;
import io.github.httplongcut.share.ShareRule;
import java.util.Optional;

/**
 * Bounded number of requests and of their bytes. Upstream targets and the RabbitMQ users of client
 * agents share it ({@link FairShares}).
 */
final class SharedRoom {

  private final int places;
  private final long bytes;
  private final FairShares<String> targets;
  private final FairShares<String> users;

  /**
   * Creates an empty room.
   *
   * @param places the limit of requests
   * @param bytes the limit of their bytes; {@link Long#MAX_VALUE} if only places count
   */
  SharedRoom(int places, long bytes, ShareRule rule) {
    this.places = places;
    this.bytes = bytes;
    this.targets = new FairShares<>(places, bytes, rule);
    this.users = new FairShares<>(places, bytes, rule);
  }

  /**
   * Returns the reason why there is no place for the request, or empty if it may {@link #acquire}.
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

  /**
   * Acquires a place without a check of the limits: a request that comes back from an agent may
   * exceed them.
   */
  void acquire(InFlight request) {
    targets.acquire(request.target(), sizeOf(request));
    users.acquire(request.user(), sizeOf(request));
  }

  /** Releases the request's place. */
  void release(InFlight request) {
    targets.release(request.target(), sizeOf(request));
    users.release(request.user(), sizeOf(request));
  }

  /** Returns the number of requests in the room. */
  int size() {
    return targets.placesHeld();
  }

  /** Returns the number of requests for one target in the room. */
  int sizeOf(String target) {
    return targets.placesOf(target);
  }

  /** Returns the bytes of the requests in the room, 0 if only places count. */
  long bytes() {
    return targets.bytesHeld();
  }

  private long sizeOf(InFlight request) {
    return bytes == Long.MAX_VALUE ? 0 : request.size();
  }
}
