package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.share.ShareRule;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AdmissionTest {

  private static final CallerAddress CALLER = caller(1);

  private final Admission admission = admission(2, 100, "a", "b");

  /** An admission by the default shares. */
  static Admission admission(int maxRequests, long maxBytes, String... upstreamTargets) {
    return admission(new SimpleMeterRegistry(), maxRequests, maxBytes, upstreamTargets);
  }

  private static Admission admission(
      SimpleMeterRegistry registry, int maxRequests, long maxBytes, String... upstreamTargets) {
    ShareRule rule = new ShareRule(0.5, 32);
    return new Admission(
        new RequestShares(maxRequests, maxBytes, rule, Set.of(upstreamTargets)),
        Duration.ofMillis(500),
        new ExceededShares(registry));
  }

  private static CallerAddress caller(int number) {
    return new CallerAddress(false, number);
  }

  @Test
  void moreRequestsThanTheLimitAreRefused() throws RefusedException {
    Admission.Place first = admission.enter("a", CALLER, 1, 0);
    assertThat(admission.enter("a", CALLER, 1, 0)).isNotNull();

    assertRefused(admission, Failure.OVERLOADED, 1);
    first.leave();
    assertThat(admission.enter("a", CALLER, 1, 0)).isNotNull();
  }

  @Test
  void moreBytesThanTheLimitAreRefused() throws RefusedException {
    assertThat(admission.enter("a", CALLER, 60, 0)).isNotNull();

    assertRefused(admission, Failure.OVERLOADED, 41);
    assertThat(admission.requests()).isEqualTo(1);
    assertThat(admission.bytes()).isEqualTo(60);
  }

  @Test
  void aPlaceGrowsAsFarAsThereIsRoom() throws RefusedException {
    Admission.Place place = admission.enter("a", CALLER, 60, 0);

    assertThat(place.tryGrow(40, 0)).isTrue();
    assertThat(place.tryGrow(1, 0)).isFalse();
    assertThatThrownBy(() -> place.grow(1, 0)).isInstanceOf(RefusedException.class);
    assertThat(admission.bytes()).isEqualTo(100);
  }

  @Test
  void anAnswerIsHeldEvenOverTheLimitAndKeepsOthersOut() throws RefusedException {
    Admission.Place place = admission.enter("a", CALLER, 10, 0);

    place.holdAnswer(500);

    assertThat(admission.bytes()).isEqualTo(500);
    assertRefused(admission, Failure.OVERLOADED, 1);
  }

  @Test
  void leavingTwiceFreesOnce() throws RefusedException {
    Admission.Place place = admission.enter("a", CALLER, 10, 0);
    assertThat(admission.enter("a", CALLER, 20, 0)).isNotNull();

    place.leave();
    place.leave();

    assertThat(admission.requests()).isEqualTo(1);
    assertThat(admission.bytes()).isEqualTo(20);
  }

  @Test
  void whoeverIsAckedOrLeavesWaitsForNoAckAnyMore() throws RefusedException {
    Admission.Place first = admission.enter("a", CALLER, 1, 0);
    Admission.Place second = admission.enter("a", CALLER, 1, 0);
    first.handedOver(0);
    second.handedOver(0);
    assertThat(admission.unacked()).isEqualTo(2);

    first.acked(1);
    first.acked(1);
    assertThat(admission.unacked()).isEqualTo(1);

    first.leave();
    second.leave();
    assertThat(admission.unacked()).isZero();
  }

  /** A slow caller may take its time to read the answer: no broker is waited for any more. */
  @Test
  void whoeverIsAnsweredWaitsForNoAckAnyMore() throws RefusedException {
    Admission.Place place = admission.enter("a", CALLER, 1, 0);
    place.handedOver(0);

    place.answered();

    assertThat(admission.unacked()).isZero();
    place.acked(1); // late
    place.leave();
    assertThat(admission.isIdle()).isTrue();
  }

  /** There was room when its head came. */
  @Test
  void aSlowUploadIsRefusedIfTooManyWaitForAnAckAtItsEnd() throws RefusedException {
    Admission large = admission(1_000, 1_000_000, "a");
    Admission.Place slow = large.enter("a", CALLER, 1, 0);
    List<Admission.Place> places = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Admission.Place place = large.enter("a", CALLER, 1, 0);
      place.handedOver(0);
      places.add(place);
    }
    places.get(0).acked(Duration.ofSeconds(1).toNanos());
    large.onTick(0);

    assertThatThrownBy(() -> slow.handedOver(0))
        .isInstanceOfSatisfying(
            RefusedException.class,
            refused -> assertThat(refused.error().failure()).isEqualTo(Failure.OVERLOADED));
    assertThat(large.unacked()).isEqualTo(99);
  }

  @Test
  void acksThatTakeTooLongKeepOthersOutUntilOneComesInTime() throws RefusedException {
    Admission large = admission(1_000, 1_000_000, "a");
    List<Admission.Place> places = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Admission.Place place = large.enter("a", CALLER, 1, 0);
      place.handedOver(0);
      places.add(place);
    }
    places.get(0).acked(Duration.ofSeconds(1).toNanos());
    large.onTick(0);

    assertThat(large.maxUnacked()).isEqualTo(49);
    assertRefused(large, Failure.OVERLOADED, 1);

    places.subList(1, 90).forEach(place -> place.acked(1));
    assertThat(large.enter("a", CALLER, 1, 0)).isNotNull();
  }

  @Test
  void moreThanABusyTargetTakesAreRefusedAndOthersAreNot() throws RefusedException {
    Admission large = admission(1_000, 1_000_000, "a", "b");
    List<Admission.Place> places = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      places.add(large.enter("a", CALLER, 1, 0));
      places.get(i).handedOver(0);
      places.get(i).acked(1);
    }
    places.get(0).foundNoRoom();
    places.get(0).leave();

    assertRefused(large, Failure.UPSTREAM_BUSY, 1);
    assertThat(large.requests()).isEqualTo(99);
    assertThat(large.enter("b", CALLER, 1, 0)).isNotNull();

    places.get(1).answered();
    places.get(1).leave();
    assertThat(large.enter("a", CALLER, 1, 0)).isNotNull();
  }

  /**
   * A head alone takes up nothing of a busy target; the refusal comes once the request is whole.
   */
  @Test
  void onlyWhatIsWholeTakesUpRoomOfItsTarget() throws RefusedException {
    Admission large = admission(1_000, 1_000_000, "a");
    List<Admission.Place> heads = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      heads.add(large.enter("a", CALLER, 1, 0));
    }
    Admission.Place whole = large.enter("a", CALLER, 1, 0);
    whole.handedOver(0);
    whole.foundNoRoom();
    whole.leave();
    Admission.Place next = large.enter("a", CALLER, 1, 0);
    next.handedOver(0);
    assertThat(large.targets().get("a").underWay()).isOne();

    int more = large.targets().get("a").limit() - 1;
    heads.subList(0, more).forEach(AdmissionTest::handOver);
    assertThatThrownBy(() -> heads.get(more).handedOver(0))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> assertThat(e.error().failure()).isEqualTo(Failure.UPSTREAM_BUSY));
    assertThat(large.unacked()).isEqualTo(more + 1);
  }

  // --- shares

  @Test
  void aCallerAloneLeavesAReserveForOthers() throws RefusedException {
    Admission large = admission(1_000, 1_000_000, "a");

    assertThat(enter(large, "a", caller(1), 2_000)).hasSize(968);
    assertThat(enter(large, "a", caller(2), 2_000)).hasSize(32);
  }

  @Test
  void whileOthersWantInACallerHoldsHalfOfWhatIsFree() throws RefusedException {
    Admission large = admission(registry, 1_000, 1_000_000, "a");
    enter(large, "a", caller(2), 1);

    assertThat(enter(large, "a", caller(1), 2_000)).as("334 held, 665 free").hasSize(333);
    assertThatThrownBy(() -> large.enter("a", caller(1), 1, 0))
        .hasMessage("the caller 0.0.0.1 has its share of the requests under way")
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> assertThat(e.error().failure()).isEqualTo(Failure.OVERLOADED));
    assertThat(exceeded("caller", "requests", "none")).isEqualTo(2_000 - 333 + 1);
  }

  /** All that a caller has to do for its share is to send heads. */
  @Test
  void aCallersShareCountsFromTheHeadOnAndATargetsFromTheEndOn() throws RefusedException {
    Admission large = admission(registry, 1_000, 1_000_000, "a", "b");
    for (int i = 0; i < 20; i++) {
      enter(large, "a", caller(i), 30); // none of them whole
    }
    handOver(large.enter("b", CALLER, 1, 0));

    Admission.Place whole = large.enter("a", caller(30), 1, 0);
    handOver(whole);
    assertThat(exceeded("target", "requests", "a")).isZero();
  }

  @Test
  void whileOthersWantInATargetHoldsHalfOfWhatIsFree() throws RefusedException {
    Admission large = admission(registry, 1_000, 1_000_000, "a", "b");
    large.enter("b", CALLER, 1, 0).handedOver(0);
    Admission.Place slow = large.enter("a", caller(1_000), 1, 0);
    List<Admission.Place> places = new ArrayList<>();
    for (int i = 0; i < 333 + 32; i++) {
      places.add(large.enter("a", caller(i), 1, 0));
      handOver(places.get(i));
    }

    assertThatThrownBy(() -> large.enter("a", caller(1_001), 1, 0))
        .hasMessage("'a' has its share of the requests under way")
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> assertThat(e.error().failure()).isEqualTo(Failure.UPSTREAM_BUSY));
    assertThatThrownBy(() -> slow.handedOver(0)).hasMessageContaining("share");
    assertThat(exceeded("target", "requests", "a")).isEqualTo(2);
    assertThat(large.enter("b", caller(1_001), 1, 0)).isNotNull();
    slow.leave();

    places.get(364).leave();
    handOver(large.enter("a", caller(1_001), 1, 0));
  }

  /** One caller has all of the target's share. */
  @Test
  void aTargetOverItsShareStillTakesAFewOfOtherCallers() throws RefusedException {
    Admission large = admission(registry, 1_000, 1_000_000, "a", "b");
    enter(large, "a", caller(1), 600).forEach(AdmissionTest::handOver);
    large.enter("b", caller(2), 1, 0).handedOver(0);

    assertThatThrownBy(() -> large.enter("a", caller(1), 1, 0)).hasMessageContaining("caller");
    List<Admission.Place> few = enter(large, "a", caller(3), 32);
    few.forEach(AdmissionTest::handOver);
    assertThatThrownBy(() -> large.enter("a", caller(4), 1, 0))
        .hasMessage("'a' has its share of the requests under way");

    few.forEach(Admission.Place::leave);
    assertThat(enter(large, "a", caller(4), 32)).hasSize(32);
  }

  @Test
  void theOnlyTargetNeedsNoReserve() throws RefusedException {
    Admission large = admission(1_000, 1_000_000, "a");
    for (int i = 0; i < 100; i++) {
      enter(large, "a", caller(i), 10).forEach(AdmissionTest::handOver);
    }

    assertThat(large.requests()).isEqualTo(1_000);
  }

  @Test
  void aBodyGrowsAsFarAsItsCallersShareOfBytes() throws RefusedException {
    Admission large = admission(registry, 1_000, 1_000, "a");
    large.enter("a", caller(2), 1, 0);
    List<Admission.Place> places = enter(large, "a", caller(1), 33);
    Admission.Place last = places.get(32);

    last.grow(300, 0);
    assertThatThrownBy(() -> last.grow(1, 0))
        .hasMessage("the caller 0.0.0.1 has its share of the bytes under way");
    assertThat(last.tryGrow(1, 0)).as("tried, and counted once").isFalse();
    assertThat(exceeded("caller", "bytes", "none")).isEqualTo(1);
    assertThatThrownBy(() -> large.enter("a", caller(1), 300, 0))
        .hasMessage("the caller 0.0.0.1 has its share of the bytes under way");

    last.leave();
    places.get(0).grow(300, 0);
  }

  @Test
  void anAnswerCountsForItsCallerAndItsTarget() throws RefusedException {
    Admission large = admission(registry, 1_000, 1_000, "a", "b");
    large.enter("b", caller(2), 1, 0).handedOver(0);
    List<Admission.Place> places = enter(large, "a", caller(1), 33);
    places.forEach(AdmissionTest::handOver);

    places.get(0).answered();
    places.get(0).holdAnswer(400);

    assertThatThrownBy(() -> large.enter("a", caller(1), 1, 0)).hasMessageContaining("0.0.0.1");
    List<Admission.Place> few = enter(large, "a", caller(3), 32);
    few.forEach(AdmissionTest::handOver);
    assertThatThrownBy(() -> large.enter("a", caller(4), 1, 0))
        .hasMessage("'a' has its share of the bytes under way");
    assertThat(large.enter("b", caller(3), 1, 0)).isNotNull();
    places.get(0).leave();
    assertThat(large.enter("a", caller(1), 1, 0)).isNotNull();
    assertThat(large.enter("a", caller(4), 1, 0)).isNotNull();
  }

  @Test
  void aRequestThatWasLetInIsNotRefusedBecauseAnswersFillTheRoom() throws RefusedException {
    Admission.Place answered = admission.enter("a", CALLER, 1, 0);
    answered.handedOver(0);
    Admission.Place coming = admission.enter("a", CALLER, 1, 0);
    answered.holdAnswer(1_000);

    coming.handedOver(0);

    assertThat(admission.unacked()).isEqualTo(2);
  }

  @Test
  void aCallerWithoutAShareIsLimitedByTheTotalsAlone() throws RefusedException {
    Admission large = admission(1_000, 1_000, "a");
    large.enter("a", caller(2), 100, 0);

    List<Admission.Place> places = enter(large, "a", CallerAddress.UNSHARED, 2_000);
    assertThat(places).hasSize(900);
    assertThat(places.get(0).tryGrow(1, 0)).isFalse();
    assertThat(large.bytes()).isEqualTo(1_000);
    places.forEach(Admission.Place::leave);
    assertThat(large.bytes()).isEqualTo(100);

    Admission small = admission(3, 1_000, "a");
    assertThat(enter(small, "a", CallerAddress.UNSHARED, 10)).hasSize(3);
  }

  @Test
  void whateverEndsFreesTheShares() throws RefusedException {
    Admission large = admission(1_000, 1_000_000, "a", "b");
    Admission.Place head = large.enter("a", caller(1), 10, 0);
    Admission.Place whole = large.enter("a", caller(1), 10, 0);
    whole.grow(20, 0);
    whole.handedOver(0);
    Admission.Place answered = large.enter("b", caller(2), 10, 0);
    answered.handedOver(0);
    answered.holdAnswer(5);

    head.leave();
    whole.leave();
    answered.leave();
    answered.leave();
    answered.holdAnswer(7); // late

    assertThat(large.isIdle()).isTrue();
    List<Admission.Place> places = enter(large, "a", caller(3), 2_000);
    assertThat(places).as("half of the rest: others asked").hasSize(334);
  }

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private double exceeded(String of, String room, String name) {
    Counter counter =
        registry
            .find("longcut.client.shares.exceeded")
            .tags("of", of, "room", room, "name", name)
            .counter();
    return counter == null ? 0 : counter.count();
  }

  /** Returns the places of those of so many requests of one byte that were let in. */
  private static List<Admission.Place> enter(
      Admission admission, String upstreamTarget, CallerAddress caller, int requests) {
    List<Admission.Place> places = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      try {
        places.add(admission.enter(upstreamTarget, caller, 1, 0));
      } catch (RefusedException e) {
        assertThat(e.error().failure()).isEqualTo(Failure.OVERLOADED);
      }
    }
    return places;
  }

  private static void handOver(Admission.Place place) {
    try {
      place.handedOver(0);
    } catch (RefusedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void assertRefused(Admission admission, Failure failure, long size) {
    assertThatThrownBy(() -> admission.enter("a", CALLER, size, 0))
        .isInstanceOfSatisfying(
            RefusedException.class,
            refused -> assertThat(refused.error().failure()).isEqualTo(failure));
  }
}
