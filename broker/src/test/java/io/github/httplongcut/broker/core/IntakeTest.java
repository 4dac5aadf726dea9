package io.github.httplongcut.broker.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.Intake.Limits;
import io.github.httplongcut.broker.core.Intake.Load;
import io.github.httplongcut.broker.core.Intake.State;
import io.github.httplongcut.broker.core.Intake.Step;
import io.github.httplongcut.broker.core.Intake.Step.SayHello;
import io.github.httplongcut.broker.core.Intake.Step.TakeOrphans;
import io.github.httplongcut.broker.core.Intake.Step.TakeRequests;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class IntakeTest {

  private static final int MAX_IN_FLIGHT = 1_800;
  private static final int MAX_WAITING = 1_000;
  private static final Step HELLO = new SayHello();
  private static final Step ORPHANS = new TakeOrphans();
  private static final Step PAUSE = new TakeRequests(0);
  private static final Load NOTHING = held(0, 0);

  private Intake intake = intake(MAX_IN_FLIGHT);
  private long now = Long.MAX_VALUE - 1_000; // times are compared by subtraction

  @Test
  void helloIsRepeatedUntilAHeartbeatHasCome() {
    assertThat(intake.onConsuming(now)).containsExactly(HELLO);

    assertThat(hellosDuring(999)).as("besides the first").containsExactly(250, 500, 750);
    assertThat(hellosDuring(3_001)).containsExactly(1_000, 2_000, 3_000, 4_000);

    intake.onHeartbeat(NOTHING, now);
    assertThat(hellosDuring(10_000)).isEmpty();
  }

  /** At which milliseconds from the first one it says hello, tick by tick. */
  private List<Integer> hellosDuring(int millis) {
    List<Integer> hellos = new ArrayList<>();
    for (int passed = 1; passed <= millis; passed++) {
      this.passed++;
      if (after(1, NOTHING).contains(HELLO)) {
        hellos.add(this.passed);
      }
    }
    return hellos;
  }

  private int passed;

  @Test
  void sharedQueuesAreConsumedWhenTheFirstHeartbeatHasCome() {
    intake.onConsuming(now);
    assertThat(after(200, NOTHING)).isEmpty();
    assertThat(intake.state()).isEqualTo(State.STARTING);

    assertThat(intake.onHeartbeat(NOTHING, now)).containsExactly(ORPHANS, new TakeRequests(32));
    assertThat(intake.state()).isEqualTo(State.GROWING);
    assertThat(intake.onHeartbeat(NOTHING, now)).isEmpty();
  }

  @Test
  void withoutAHeartbeatSharedQueuesAreConsumedAfterASecond() {
    intake.onConsuming(now);
    assertThat(after(999, NOTHING)).containsExactly(HELLO);

    assertThat(after(1, NOTHING)).containsExactly(ORPHANS, new TakeRequests(32));
    assertThat(after(250, NOTHING)).containsExactly(HELLO);
  }

  @Test
  void whereNothingWaitsThePrefetchIsFullAfterASecond() {
    takesRequests();
    come(31, 1, held(31, 0));

    assertThat(after(999, NOTHING)).isEmpty();
    assertThat(after(1, NOTHING)).containsExactly(new TakeRequests(MAX_IN_FLIGHT));
    assertThat(intake.state()).isEqualTo(State.OPEN);
    assertThat(after(60_000, NOTHING)).isEmpty();
  }

  @Test
  void aBacklogIsTakenAtOnceAsFarAsTheWaitingRoomHoldsIt() {
    takesRequests();
    come(31, 1, held(31, 0));

    assertThat(intake.onMessage(1, held(132, 32), now)).containsExactly(new TakeRequests(968));
    come(967, 1, held(1_099, 999));
    assertThat(intake.onMessage(1, held(1_100, 1_000), now)).isEmpty();
    assertThat(after(999, held(1_100, 1_000))).isEmpty();
    assertThat(after(1_000, held(500, 400))).as("the agents are not ahead yet").isEmpty();
  }

  @Test
  void thePrefetchIsFullWhenTheAgentsHaveServedTheBacklog() {
    takesRequests();
    come(32, 1, held(132, 32));
    come(968, 1, held(1_100, 1_000));
    assertThat(after(1_000, held(351, 251))).isEmpty();
    assertThat(after(50, held(901, 250))).isEmpty();

    assertThat(after(50, held(900, 250))).containsExactly(new TakeRequests(MAX_IN_FLIGHT));
    assertThat(intake.state()).isEqualTo(State.OPEN);
  }

  @Test
  void messagesOfManyRequestsCountAsSuch() {
    takesRequests();
    come(31, 10, held(310, 210));

    assertThat(intake.onMessage(9, held(319, 219), now)).containsExactly(new TakeRequests(78));
  }

  @Test
  void agentsThatStayOverloadedDoNotKeepThePrefetchSmall() {
    takesRequests();
    come(32, 64, held(1_100, 1_000));
    assertThat(after(4_999, held(1_100, 1_000))).isEmpty();

    assertThat(after(1, held(1_100, 1_000))).containsExactly(new TakeRequests(700));
  }

  @Test
  void aFullBrokerTakesNothingUntilATenthIsFree() {
    opens();

    assertThat(intake.onMessage(1, held(1_799, 0), now)).isEmpty();
    assertThat(intake.onMessage(1, held(1_800, 0), now)).containsExactly(PAUSE);
    assertThat(intake.state()).isEqualTo(State.FULL);
    assertThat(intake.onMessage(1, held(1_800, 0), now)).as("it was on its way").isEmpty();
    assertThat(after(50, held(1_621, 0))).isEmpty();
    assertThat(after(50, held(1_620, 0))).containsExactly(new TakeRequests(32));
    assertThat(intake.state()).isEqualTo(State.GROWING);
  }

  @Test
  void whatIsTakenAgainIsNotMoreThanThereIsRoomFor() {
    opens();
    intake.onMessage(1, held(1_800, 0), now);
    after(50, held(1_620, 0));
    come(31, 1, held(1_651, 0));

    assertThat(intake.onMessage(1, held(1_652, 0), now)).containsExactly(new TakeRequests(148));
  }

  @Test
  void aGrowingBrokerMayBeFullToo() {
    takesRequests();

    assertThat(intake.onMessage(64, held(1_800, 900), now)).containsExactly(PAUSE);
  }

  @Test
  void ofFewPlacesOneIsATenth() {
    intake = intake(3);
    intake.onConsuming(now);
    assertThat(intake.onHeartbeat(NOTHING, now)).containsExactly(ORPHANS, new TakeRequests(3));
    assertThat(intake.state()).isEqualTo(State.OPEN);
    assertThat(intake.onMessage(1, held(3, 0), now)).containsExactly(PAUSE);

    assertThat(after(50, held(3, 0))).isEmpty();
    assertThat(after(50, held(2, 0))).containsExactly(new TakeRequests(1));
    assertThat(intake.onMessage(1, held(3, 0), now)).containsExactly(PAUSE);
  }

  @Test
  void afterAReconnectAllBeginsAnew() {
    opens();
    intake.onConsumingLost();
    assertThat(intake.state()).isEqualTo(State.CLOSED);
    assertThat(after(5_000, NOTHING)).isEmpty();
    assertThat(intake.onHeartbeat(NOTHING, now)).as("it waited in the loop").isEmpty();

    assertThat(intake.onConsuming(now)).containsExactly(HELLO);
    assertThat(after(250, NOTHING)).containsExactly(HELLO);
    assertThat(intake.onHeartbeat(NOTHING, now)).containsExactly(ORPHANS, new TakeRequests(32));
  }

  @Test
  void whoIsStillFullAfterAReconnectTakesOrphansOnly() {
    opens();
    intake.onConsumingLost();
    intake.onConsuming(now);

    assertThat(intake.onHeartbeat(held(1_800, 0), now)).containsExactly(ORPHANS);
    assertThat(after(50, held(1_000, 0))).containsExactly(new TakeRequests(32));
  }

  @Test
  void whoDrainsTakesNothingMore() {
    opens();
    intake.onMessage(1, held(1_800, 0), now);
    intake.beginDrain();

    assertThat(after(10_000, NOTHING)).isEmpty();
    intake.onConsumingLost();
    assertThat(intake.onConsuming(now)).containsExactly(HELLO);
    assertThat(intake.onHeartbeat(NOTHING, now)).isEmpty();
    assertThat(after(10_000, NOTHING)).isEmpty();
    assertThat(intake.state()).isEqualTo(State.DRAINING);
  }

  @Test
  void ticksMayBeRareWhenNothingIsToBeDecidedSoon() {
    assertThat(intake.isQuiet()).isTrue();
    intake.onConsuming(now);
    assertThat(intake.isQuiet()).isFalse();
    intake.onHeartbeat(NOTHING, now);
    assertThat(intake.isQuiet()).isFalse();
    after(1_000, NOTHING);
    assertThat(intake.isQuiet()).isTrue();
    intake.onMessage(1, held(1_800, 0), now);
    assertThat(intake.isQuiet()).isFalse();
  }

  private static Intake intake(int maxInFlight) {
    return new Intake(new Limits(2_000, maxInFlight, MAX_WAITING));
  }

  private void takesRequests() {
    intake.onConsuming(now);
    intake.onHeartbeat(NOTHING, now);
  }

  private void opens() {
    takesRequests();
    after(1_000, NOTHING);
    assertThat(intake.state()).isEqualTo(State.OPEN);
  }

  private void come(int messages, int requestsInEach, Load load) {
    for (int i = 0; i < messages; i++) {
      intake.onMessage(requestsInEach, load, now);
    }
  }

  private List<Step> after(int millis, Load load) {
    now += millis * 1_000_000L;
    return intake.onTick(load, now);
  }

  private static Load held(int held, int waiting) {
    return new Load(held, waiting, MAX_WAITING - waiting);
  }
}
