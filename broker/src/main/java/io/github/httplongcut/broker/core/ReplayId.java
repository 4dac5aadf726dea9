package io.github.httplongcut.broker.core;

import java.util.UUID;

/**
 * Ids of replays: random UUIDs of version 8 (RFC 9562 section 5.8). Every broker recognizes them,
 * and forwards no answer to them, since no client agent waits for one (docs/protocol.md section 4,
 * "Replays").
 */
public final class ReplayId {

  private static final int VERSION = 8;
  private static final long VERSION_BITS = 0xf000L;

  private ReplayId() {}

  /**
   * Returns the id of a new replay.
   *
   * @param random a random UUID, which gives the other bits
   */
  public static UUID of(UUID random) {
    long withVersion = (random.getMostSignificantBits() & ~VERSION_BITS) | ((long) VERSION << 12);
    return new UUID(withVersion, random.getLeastSignificantBits());
  }

  /** Returns whether this is the {@code client_req_id} of a replay. */
  public static boolean isReplay(UUID clientReqId) {
    return clientReqId.version() == VERSION;
  }
}
