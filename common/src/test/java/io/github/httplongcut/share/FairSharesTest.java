package io.github.httplongcut.share;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.share.FairShares.Verdict;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FairSharesTest {

  private static final ShareRule RULE = new ShareRule(0.5, 4);

  /** Close to the overflow of {@code nanoTime}, which must make no difference. */
  private long now = Long.MAX_VALUE - 1_000_000_000L;

  private final FairShares<String> shares = new FairShares<>(100, 1_000, RULE);

  @Test
  void aPartyAloneLeavesAReserve() {
    assertThat(take("a", 200)).as("of 100 places, 4 are left").isEqualTo(96);
  }

  @Test
  void aSmallRoomHasNoReserve() {
    FairShares<String> small = new FairShares<>(9, Long.MAX_VALUE, RULE);

    assertThat(take(small, "a", 20, 0)).isEqualTo(9);
  }

  @Test
  void theNextPartyMayTakeTheReserve() {
    take("a", 200);

    assertThat(take("b", 200)).as("exactly the reserve").isEqualTo(4);
    assertThat(shares.placesHeld()).isEqualTo(100);
    assertThat(take("c", 1)).as("nothing is left").isZero();
  }

  @Test
  void whileOthersWantInAPartyHoldsHalfOfWhatIsFree() {
    take("b", 1);

    assertThat(take("a", 200)).as("34 held, and 65 free").isEqualTo(33);
    assertThat(take("c", 200)).as("22 held, and 44 free").isEqualTo(22);
  }

  @Test
  void aPartyMayAlwaysHoldAFewPlaces() {
    for (int i = 0; i < 91; i++) {
      shares.acquire("b", 1);
    }
    for (int i = 0; i < 3; i++) {
      shares.acquire("a", 1);
    }

    assertThat(take("a", 200))
        .as("its share is 3 of 6 free places, but it may always hold 4")
        .isEqualTo(1);
    assertThat(take("c", 200)).isEqualTo(4);
    assertThat(take("d", 200)).as("the last place").isEqualTo(1);
  }

  @Test
  void aRefusedPartyCountsAsWantingInForAWhile() {
    take("a", 96);
    take("b", 4);
    release("b", 4);
    release("a", 50);

    assertThat(take("a", 10)).as("b asked a moment ago").isZero();
    now += FairShares.REMEMBERED.toNanos();
    assertThat(take("a", 10)).isEqualTo(10);
  }

  @Test
  void bytesAreSharedLikePlaces() {
    take("b", 1);

    int held = 0;
    while (take(shares, "a", 1, 50) == 1) {
      held++;
    }

    assertThat(held).as("350 would be more than half of 699").isEqualTo(6);
  }

  @Test
  void aPartyAloneLeavesATenthOfTheBytes() {
    int held = 0;
    while (take(shares, "a", 1, 100) == 1) {
      held++;
    }

    assertThat(held).isEqualTo(9);
  }

  @Test
  void aPartyWithFewPlacesMayHoldAllBytes() {
    take(shares, "b", 1, 0);

    assertThat(take(shares, "a", 1, 1_000)).isEqualTo(1);
    assertThat(take(shares, "a", 1, 1)).as("no byte is left").isZero();
    assertThat(take(shares, "a", 1, 0)).isEqualTo(1);
  }

  @Test
  void aRefusalNamesTheExceededLimit() {
    take("b", 1);
    take("a", 4);

    assertThat(shares.ask("a", 1, now)).isEqualTo(Verdict.FITS);
    assertThat(shares.ask("a", 500, now)).isEqualTo(Verdict.OVER_SHARE_OF_BYTES);
    assertThat(shares.ask("a", 1_000, now)).isEqualTo(Verdict.ROOM_FULL);
    take("a", 100);
    assertThat(shares.ask("a", 1, now)).isEqualTo(Verdict.OVER_SHARE_OF_PLACES);
  }

  @Test
  void growingNeedsNoPlace() {
    take("b", 1);
    take("a", 100); // gets 33 places, its whole share
    assertThat(shares.askForBytes("a", 400, now)).isEqualTo(Verdict.FITS);
    assertThat(shares.askForBytes("a", 500, now)).isEqualTo(Verdict.OVER_SHARE_OF_BYTES);
    assertThat(shares.askForBytes("a", 1_000, now)).isEqualTo(Verdict.ROOM_FULL);
  }

  @Test
  void aGrowingPartyAloneLeavesATenth() {
    take("a", 5);

    assertThat(shares.askForBytes("a", 895, now)).isEqualTo(Verdict.FITS);
    assertThat(shares.askForBytes("a", 896, now)).isEqualTo(Verdict.OVER_SHARE_OF_BYTES);
  }

  @Test
  void aPartyWithFewPlacesMayGrowToAllFreeBytes() {
    take("b", 1);
    take("a", 4);

    assertThat(shares.askForBytes("a", 995, now)).isEqualTo(Verdict.FITS);
    assertThat(shares.askForBytes("a", 996, now)).isEqualTo(Verdict.ROOM_FULL);
  }

  @Test
  void addedBytesCount() {
    shares.acquire("a", 100);
    shares.resize("a", 500);
    shares.resize("a", -200);

    assertThat(shares.bytesHeld()).isEqualTo(400);
    shares.release("a", 400);
    assertThat(shares.bytesHeld()).isZero();
    assertThat(shares.placesOf("a")).isZero();
  }

  /** Random arrivals and departures of many parties, one of which floods. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void theRoomIsNeverOverfullAndAFewPlacesAreAlwaysGrantedWhileAnyIsFree(long seed) {
    Random random = new Random(seed);
    Map<String, Integer> held = new HashMap<>();
    for (int step = 0; step < 20_000; step++) {
      now += random.nextInt(1_000_000);
      String party = random.nextInt(3) > 0 ? "flood" : "p" + random.nextInt(10);
      int own = held.getOrDefault(party, 0);
      if (random.nextInt(party.equals("flood") ? 10 : 2) > 0) {
        boolean allowed = shares.allows(party, 1, now);
        if (allowed) {
          shares.acquire(party, 1);
          held.merge(party, 1, Integer::sum);
        }
        if (own < 4 && shares.placesHeld() < 100) {
          assertThat(allowed).as("seed %d, step %d", seed, step).isTrue();
        }
      } else if (own > 0) {
        shares.release(party, 1);
        held.merge(party, -1, Integer::sum);
      }
      int all = held.values().stream().mapToInt(Integer::intValue).sum();
      assertThat(shares.placesHeld()).isEqualTo(all).isBetween(0, 100);
      assertThat(shares.bytesHeld()).isEqualTo(all);
    }
  }

  private int take(String party, int most) {
    return take(shares, party, most, 1);
  }

  /** Tries {@code most} times to get a place, and returns the number of successes. */
  private int take(FairShares<String> from, String party, int most, long bytes) {
    int taken = 0;
    for (int i = 0; i < most; i++) {
      if (from.allows(party, bytes, now)) {
        from.acquire(party, bytes);
        taken++;
      }
    }
    return taken;
  }

  private void release(String party, int number) {
    for (int i = 0; i < number; i++) {
      shares.release(party, 1);
    }
  }
}
