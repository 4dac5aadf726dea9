package io.github.httplongcut.share;

import io.github.httplongcut.config.Settings;

/**
 * The part of a bounded room that one party may hold while others want in.
 *
 * @param ofFree part of what is still free, above 0 and at most 1
 * @param always places that a party may hold even if that is more than its share
 */
public record ShareRule(double ofFree, int always) {

  /** Reads {@code shares}. */
  public static ShareRule read(Settings shares) {
    return new ShareRule(shares.fraction("of-free"), shares.count("always"));
  }
}
