package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.client.core.AckTimes;
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
  private static final AckTimes IN_TIME = new AckTimes(0, 1);

  private final Admission admission = admission(2, 100, "a", "b");

  /** Returns an admission with the default shares. */
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
  void moreRequestsThanTheLimitAreRefused() throws RequestRefusedException {
    Admission.Permit first = admission.acquire("a", CALLER, 1, 0);
    assertThat(admission.acquire("a", CALLER, 1, 0)).isNotNull();

    assertRefused(admission, Failure.OVERLOADED, 1);
    first.release();
    assertThat(admission.acquire("a", CALLER, 1, 0)).isNotNull();
  }

  @Test
  void moreBytesThanTheLimitAreRefused() throws RequestRefusedException {
    assertThat(admission.acquire("a", CALLER, 60, 0)).isNotNull();

    assertRefused(admission, Failure.OVERLOADED, 41);
    assertThat(admission.requests()).isEqualTo(1);
    assertThat(admission.bytes()).isEqualTo(60);
  }

  @Test
  void aPermitGrowsUpToTheLimitOfBytes() throws RequestRefusedException {
    Admission.Permit permit = admission.acquire("a", CALLER, 60, 0);

    assertThat(permit.tryGrow(40, 0)).isTrue();
    assertThat(permit.tryGrow(1, 0)).isFalse();
    assertThatThrownBy(() -> permit.grow(1, 0)).isInstanceOf(RequestRefusedException.class);
    assertThat(admission.bytes()).isEqualTo(100);
  }

  @Test
  void anAnswerIsHeldEvenOverTheLimitAndBlocksNewRequests() throws RequestRefusedException {
    Admission.Permit permit = admission.acquire("a", CALLER, 10, 0);

    permit.holdAnswer(500);

    assertThat(admission.bytes()).isEqualTo(500);
    assertRefused(admission, Failure.OVERLOADED, 1);
  }

  @Test
  void releasingTwiceFreesOnce() throws RequestRefusedException {
    Admission.Permit permit = admission.acquire("a", CALLER, 10, 0);
    assertThat(admission.acquire("a", CALLER, 20, 0)).isNotNull();

    permit.release();
    permit.release();

    assertThat(admission.requests()).isEqualTo(1);
    assertThat(admission.bytes()).isEqualTo(20);
  }

  @Test
  void anAckOrAReleaseEndsTheWaitForAnAck() throws RequestRefusedException {
    Admission.Permit first = admission.acquire("a", CALLER, 1, 0);
    Admission.Permit second = admission.acquire("a", CALLER, 1, 0);
    first.onRequestComplete(0);
    second.onRequestComplete(0);
    assertThat(admission.unacked()).isEqualTo(2);

    first.acked(IN_TIME);
    first.acked(IN_TIME);
    assertThat(admission.unacked()).isEqualTo(1);

    first.release();
    second.release();
    assertThat(admission.unacked()).isZero();
  }

  /** A slow caller may still be reading the answer. */
  @Test
  void anAnswerEndsTheWaitForAnAck() throws RequestRefusedException {
    Admission.Permit permit = admission.acquire("a", CALLER, 1, 0);
    permit.onRequestComplete(0);

    permit.answered();

    assertThat(admission.unacked()).isZero();
    permit.acked(IN_TIME); // late
    permit.release();
    assertThat(admission.isIdle()).isTrue();
  }

  /** There was room when the head came. */
  @Test
  void aSlowUploadIsRefusedIfAtItsEndTooManyRequestsWaitForAnAck() throws RequestRefusedException {
    Admission large = admission(1_000, 1_000_000, "a");
    Admission.Permit slow = large.acquire("a", CALLER, 1, 0);
    List<Admission.Permit> permits = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Admission.Permit permit = large.acquire("a", CALLER, 1, 0);
      permit.onRequestComplete(0);
      permits.add(permit);
    }
    permits.get(0).acked(new AckTimes(0, Duration.ofSeconds(1).toNanos()));
    large.onTick(0);

    assertThatThrownBy(() -> slow.onRequestComplete(0))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            refused -> assertThat(refused.error().failure()).isEqualTo(Failure.OVERLOADED));
    assertThat(large.unacked()).isEqualTo(99);
  }

  @Test
  void lateAcksBlockNewRequestsUntilEnoughAreAcked() throws RequestRefusedException {
    Admission large = admission(1_000, 1_000_000, "a");
    List<Admission.Permit> permits = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Admission.Permit permit = large.acquire("a", CALLER, 1, 0);
      permit.onRequestComplete(0);
      permits.add(permit);
    }
    permits.get(0).acked(new AckTimes(0, Duration.ofSeconds(1).toNanos()));
    large.onTick(0);

    assertThat(large.maxUnacked()).isEqualTo(49);
    assertRefused(large, Failure.OVERLOADED, 1);

    permits.subList(1, 90).forEach(permit -> permit.acked(IN_TIME));
    assertThat(large.acquire("a", CALLER, 1, 0)).isNotNull();
  }

  @Test
  void aBusyTargetRefusesMoreRequestsAndOtherTargetsDoNot() throws RequestRefusedException {
    Admission large = admission(1_000, 1_000_000, "a", "b");
    List<Admission.Permit> permits = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      permits.add(large.acquire("a", CALLER, 1, 0));
      permits.get(i).onRequestComplete(0);
      permits.get(i).acked(IN_TIME);
    }
    permits.get(0).onUpstreamBusy();
    permits.get(0).release();

    assertRefused(large, Failure.UPSTREAM_BUSY, 1);
    assertThat(large.requests()).isEqualTo(99);
    assertThat(large.acquire("b", CALLER, 1, 0)).isNotNull();

    permits.get(1).answered();
    permits.get(1).release();
    assertThat(large.acquire("a", CALLER, 1, 0)).isNotNull();
  }

  /**
   * Heads do not count in the limit of a busy target. If completed requests reach the limit, the
   * next request to be completed is refused.
   */
  @Test
  void onlyCompleteRequestsCountForTheirTarget() throws RequestRefusedException {
    Admission large = admission(1_000, 1_000_000, "a");
    List<Admission.Permit> heads = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      heads.add(large.acquire("a", CALLER, 1, 0));
    }
    Admission.Permit completed = large.acquire("a", CALLER, 1, 0);
    completed.onRequestComplete(0);
    completed.onUpstreamBusy();
    completed.release();
    Admission.Permit next = large.acquire("a", CALLER, 1, 0);
    next.onRequestComplete(0);
    assertThat(large.targets().get("a").inFlight()).isOne();

    int more = large.targets().get("a").limit() - 1;
    heads.subList(0, more).forEach(AdmissionTest::complete);
    assertThatThrownBy(() -> heads.get(more).onRequestComplete(0))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            e -> assertThat(e.error().failure()).isEqualTo(Failure.UPSTREAM_BUSY));
    assertThat(large.unacked()).isEqualTo(more + 1);
  }

  // --- shares

  @Test
  void anOnlyCallerLeavesAReserveForOthers() throws RequestRefusedException {
    Admission large = admission(1_000, 1_000_000, "a");

    assertThat(acquire(large, "a", caller(1), 2_000)).hasSize(968);
    assertThat(acquire(large, "a", caller(2), 2_000)).hasSize(32);
  }

  @Test
  void whileOthersAreActiveACallerHoldsHalfOfWhatIsFree() throws RequestRefusedException {
    Admission large = admission(registry, 1_000, 1_000_000, "a");
    acquire(large, "a", caller(2), 1);

    assertThat(acquire(large, "a", caller(1), 2_000)).as("holds 333, 666 are free").hasSize(333);
    assertThatThrownBy(() -> large.acquire("a", caller(1), 1, 0))
        .hasMessage("caller 0.0.0.1 already holds its share of the requests in flight")
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            e -> assertThat(e.error().failure()).isEqualTo(Failure.OVERLOADED));
    assertThat(exceeded("caller", "requests", "none")).isEqualTo(2_000 - 333 + 1);
  }

  /** A caller could otherwise take up a target's share with heads alone. */
  @Test
  void requestsCountForTheirCallerFromTheHeadAndForTheirTargetFromTheEnd()
      throws RequestRefusedException {
    Admission large = admission(registry, 1_000, 1_000_000, "a", "b");
    for (int i = 0; i < 20; i++) {
      acquire(large, "a", caller(i), 30); // none of them complete
    }
    complete(large.acquire("b", CALLER, 1, 0));

    Admission.Permit completed = large.acquire("a", caller(30), 1, 0);
    complete(completed);
    assertThat(exceeded("target", "requests", "a")).isZero();
  }

  @Test
  void whileOthersAreActiveATargetHoldsHalfOfWhatIsFree() throws RequestRefusedException {
    Admission large = admission(registry, 1_000, 1_000_000, "a", "b");
    large.acquire("b", CALLER, 1, 0).onRequestComplete(0);
    Admission.Permit slow = large.acquire("a", caller(1_000), 1, 0);
    List<Admission.Permit> permits = new ArrayList<>();
    for (int i = 0; i < 333 + 32; i++) {
      permits.add(large.acquire("a", caller(i), 1, 0));
      complete(permits.get(i));
    }

    assertThatThrownBy(() -> large.acquire("a", caller(1_001), 1, 0))
        .hasMessage("upstream target 'a' already holds its share of the requests in flight")
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            e -> assertThat(e.error().failure()).isEqualTo(Failure.UPSTREAM_BUSY));
    assertThatThrownBy(() -> slow.onRequestComplete(0)).hasMessageContaining("share");
    assertThat(exceeded("target", "requests", "a")).isEqualTo(2);
    assertThat(large.acquire("b", caller(1_001), 1, 0)).isNotNull();
    slow.release();

    permits.get(364).release();
    complete(large.acquire("a", caller(1_001), 1, 0));
  }

  /** One caller holds all of the target's share. */
  @Test
  void aTargetOverItsShareStillTakesAFewRequestsOfOtherCallers() throws RequestRefusedException {
    Admission large = admission(registry, 1_000, 1_000_000, "a", "b");
    acquire(large, "a", caller(1), 600).forEach(AdmissionTest::complete);
    large.acquire("b", caller(2), 1, 0).onRequestComplete(0);

    assertThatThrownBy(() -> large.acquire("a", caller(1), 1, 0)).hasMessageContaining("caller");
    List<Admission.Permit> few = acquire(large, "a", caller(3), 32);
    few.forEach(AdmissionTest::complete);
    assertThatThrownBy(() -> large.acquire("a", caller(4), 1, 0))
        .hasMessage("upstream target 'a' already holds its share of the requests in flight");

    few.forEach(Admission.Permit::release);
    assertThat(acquire(large, "a", caller(4), 32)).hasSize(32);
  }

  @Test
  void theOnlyTargetNeedsNoReserve() throws RequestRefusedException {
    Admission large = admission(1_000, 1_000_000, "a");
    for (int i = 0; i < 100; i++) {
      acquire(large, "a", caller(i), 10).forEach(AdmissionTest::complete);
    }

    assertThat(large.requests()).isEqualTo(1_000);
  }

  @Test
  void aBodyGrowsUpToItsCallersShareOfBytes() throws RequestRefusedException {
    Admission large = admission(registry, 1_000, 1_000, "a");
    large.acquire("a", caller(2), 1, 0);
    List<Admission.Permit> permits = acquire(large, "a", caller(1), 33);
    Admission.Permit last = permits.get(32);

    last.grow(300, 0);
    assertThatThrownBy(() -> last.grow(1, 0))
        .hasMessage("caller 0.0.0.1 already holds its share of the bytes in flight");
    assertThat(last.tryGrow(1, 0)).as("tryGrow is not counted").isFalse();
    assertThat(exceeded("caller", "bytes", "none")).isEqualTo(1);
    assertThatThrownBy(() -> large.acquire("a", caller(1), 300, 0))
        .hasMessage("caller 0.0.0.1 already holds its share of the bytes in flight");

    last.release();
    permits.get(0).grow(300, 0);
  }

  @Test
  void anAnswerCountsForItsCallerAndItsTarget() throws RequestRefusedException {
    Admission large = admission(registry, 1_000, 1_000, "a", "b");
    large.acquire("b", caller(2), 1, 0).onRequestComplete(0);
    List<Admission.Permit> permits = acquire(large, "a", caller(1), 33);
    permits.forEach(AdmissionTest::complete);

    permits.get(0).answered();
    permits.get(0).holdAnswer(400);

    assertThatThrownBy(() -> large.acquire("a", caller(1), 1, 0)).hasMessageContaining("0.0.0.1");
    List<Admission.Permit> few = acquire(large, "a", caller(3), 32);
    few.forEach(AdmissionTest::complete);
    assertThatThrownBy(() -> large.acquire("a", caller(4), 1, 0))
        .hasMessage("upstream target 'a' already holds its share of the bytes in flight");
    assertThat(large.acquire("b", caller(3), 1, 0)).isNotNull();
    permits.get(0).release();
    assertThat(large.acquire("a", caller(1), 1, 0)).isNotNull();
    assertThat(large.acquire("a", caller(4), 1, 0)).isNotNull();
  }

  @Test
  void anAdmittedRequestIsNotRefusedBecauseAnswersExceedTheLimit() throws RequestRefusedException {
    Admission.Permit answered = admission.acquire("a", CALLER, 1, 0);
    answered.onRequestComplete(0);
    Admission.Permit coming = admission.acquire("a", CALLER, 1, 0);
    answered.holdAnswer(1_000);

    coming.onRequestComplete(0);

    assertThat(admission.unacked()).isEqualTo(2);
  }

  @Test
  void onlyTheTotalsLimitACallerWithoutAShare() throws RequestRefusedException {
    Admission large = admission(1_000, 1_000, "a");
    large.acquire("a", caller(2), 100, 0);

    List<Admission.Permit> permits = acquire(large, "a", CallerAddress.UNSHARED, 2_000);
    assertThat(permits).hasSize(900);
    assertThat(permits.get(0).tryGrow(1, 0)).isFalse();
    assertThat(large.bytes()).isEqualTo(1_000);
    permits.forEach(Admission.Permit::release);
    assertThat(large.bytes()).isEqualTo(100);

    Admission small = admission(3, 1_000, "a");
    assertThat(acquire(small, "a", CallerAddress.UNSHARED, 10)).hasSize(3);
  }

  @Test
  void aReleasedRequestNoLongerCountsInAnyShare() throws RequestRefusedException {
    Admission large = admission(1_000, 1_000_000, "a", "b");
    Admission.Permit head = large.acquire("a", caller(1), 10, 0);
    Admission.Permit completed = large.acquire("a", caller(1), 10, 0);
    completed.grow(20, 0);
    completed.onRequestComplete(0);
    Admission.Permit answered = large.acquire("b", caller(2), 10, 0);
    answered.onRequestComplete(0);
    answered.holdAnswer(5);

    head.release();
    completed.release();
    answered.release();
    answered.release();
    answered.holdAnswer(7); // late

    assertThat(large.isIdle()).isTrue();
    List<Admission.Permit> permits = acquire(large, "a", caller(3), 2_000);
    assertThat(permits).as("half of what is free, since others asked recently").hasSize(334);
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

  /** Sends requests of one byte, and returns the permits of those that were admitted. */
  private static List<Admission.Permit> acquire(
      Admission admission, String upstreamTarget, CallerAddress caller, int requests) {
    List<Admission.Permit> permits = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      try {
        permits.add(admission.acquire(upstreamTarget, caller, 1, 0));
      } catch (RequestRefusedException e) {
        assertThat(e.error().failure()).isEqualTo(Failure.OVERLOADED);
      }
    }
    return permits;
  }

  private static void complete(Admission.Permit permit) {
    try {
      permit.onRequestComplete(0);
    } catch (RequestRefusedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void assertRefused(Admission admission, Failure failure, long size) {
    assertThatThrownBy(() -> admission.acquire("a", CALLER, size, 0))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            refused -> assertThat(refused.error().failure()).isEqualTo(failure));
  }
}
