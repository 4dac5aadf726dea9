package io.github.httplongcut.share;

import io.github.httplongcut.config.Settings;

/**
 * Limits of one party's share of a room, for {@link FairShares}.
 *
 * @param ofFree fraction of the free capacity that a party may hold while others want in; above 0
 *     and at most 1
 * @param always number of places that a party may hold even if that is more than its share
 */
public record ShareRule(double ofFree, int always) {

  /** Reads the section {@code shares}. */
  public static ShareRule read(Settings shares) {
    return new ShareRule(shares.fraction("of-free"), shares.count("always"));
  }
}
