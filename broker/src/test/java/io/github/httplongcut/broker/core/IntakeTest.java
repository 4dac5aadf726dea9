package io.github.httplongcut.broker.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.Intake.Action;
import io.github.httplongcut.broker.core.Intake.Action.ConsumeOrphans;
import io.github.httplongcut.broker.core.Intake.Action.ConsumeRequests;
import io.github.httplongcut.broker.core.Intake.Action.PublishHello;
import io.github.httplongcut.broker.core.Intake.Limits;
import io.github.httplongcut.broker.core.Intake.Load;
import io.github.httplongcut.broker.core.Intake.State;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class IntakeTest {

  private static final int MAX_IN_FLIGHT = 1_800;
  private static final int MAX_WAITING = 1_000;
  private static final Action HELLO = new PublishHello();
  private static final Action ORPHANS = new ConsumeOrphans();
  private static final Action PAUSE = new ConsumeRequests(0);
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

  /** Ticks each millisecond. Returns the milliseconds, since the first hello, of further hellos. */
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
  void sharedQueuesAreConsumedAtTheFirstHeartbeat() {
    intake.onConsuming(now);
    assertThat(after(200, NOTHING)).isEmpty();
    assertThat(intake.state()).isEqualTo(State.STARTING);

    assertThat(intake.onHeartbeat(NOTHING, now)).containsExactly(ORPHANS, new ConsumeRequests(32));
    assertThat(intake.state()).isEqualTo(State.GROWING);
    assertThat(intake.onHeartbeat(NOTHING, now)).isEmpty();
  }

  @Test
  void withoutAHeartbeatSharedQueuesAreConsumedAfterASecond() {
    intake.onConsuming(now);
    assertThat(after(999, NOTHING)).containsExactly(HELLO);

    assertThat(after(1, NOTHING)).containsExactly(ORPHANS, new ConsumeRequests(32));
    assertThat(after(250, NOTHING)).containsExactly(HELLO);
  }

  @Test
  void prefetchIsFullAfterASecondWithoutABacklog() {
    startGrowing();
    receive(31, 1, held(31, 0));

    assertThat(after(999, NOTHING)).isEmpty();
    assertThat(after(1, NOTHING)).containsExactly(new ConsumeRequests(MAX_IN_FLIGHT));
    assertThat(intake.state()).isEqualTo(State.OPEN);
    assertThat(after(60_000, NOTHING)).isEmpty();
  }

  @Test
  void backlogIsTakenAtOnceUpToTheWaitingRoom() {
    startGrowing();
    receive(31, 1, held(31, 0));

    assertThat(intake.onMessage(1, held(132, 32), now)).containsExactly(new ConsumeRequests(968));
    receive(967, 1, held(1_099, 999));
    assertThat(intake.onMessage(1, held(1_100, 1_000), now)).isEmpty();
    assertThat(after(999, held(1_100, 1_000))).isEmpty();
    assertThat(after(1_000, held(500, 400)))
        .as("the waiting room is more than a quarter full")
        .isEmpty();
  }

  @Test
  void prefetchIsFullWhenTheAgentsHaveServedTheBacklog() {
    startGrowing();
    receive(32, 1, held(132, 32));
    receive(968, 1, held(1_100, 1_000));
    assertThat(after(1_000, held(351, 251))).isEmpty();
    assertThat(after(50, held(901, 250))).isEmpty();

    assertThat(after(50, held(900, 250))).containsExactly(new ConsumeRequests(MAX_IN_FLIGHT));
    assertThat(intake.state()).isEqualTo(State.OPEN);
  }

  @Test
  void prefetchAccountsForRequestsPerMessage() {
    startGrowing();
    receive(31, 10, held(310, 210));

    assertThat(intake.onMessage(9, held(319, 219), now)).containsExactly(new ConsumeRequests(78));
  }

  @Test
  void overloadedAgentsLimitThePrefetchForFiveSeconds() {
    startGrowing();
    receive(32, 64, held(1_100, 1_000));
    assertThat(after(4_999, held(1_100, 1_000))).isEmpty();

    assertThat(after(1, held(1_100, 1_000))).containsExactly(new ConsumeRequests(700));
  }

  @Test
  void fullBrokerPausesUntilATenthIsFree() {
    open();

    assertThat(intake.onMessage(1, held(1_799, 0), now)).isEmpty();
    assertThat(intake.onMessage(1, held(1_800, 0), now)).containsExactly(PAUSE);
    assertThat(intake.state()).isEqualTo(State.FULL);
    assertThat(intake.onMessage(1, held(1_800, 0), now)).as("the message was on its way").isEmpty();
    assertThat(after(50, held(1_621, 0))).isEmpty();
    assertThat(after(50, held(1_620, 0))).containsExactly(new ConsumeRequests(32));
    assertThat(intake.state()).isEqualTo(State.GROWING);
  }

  @Test
  void prefetchAfterAPauseFitsIntoTheFreePlaces() {
    open();
    intake.onMessage(1, held(1_800, 0), now);
    after(50, held(1_620, 0));
    receive(31, 1, held(1_651, 0));

    assertThat(intake.onMessage(1, held(1_652, 0), now)).containsExactly(new ConsumeRequests(148));
  }

  @Test
  void growingBrokerPausesWhenFull() {
    startGrowing();

    assertThat(intake.onMessage(64, held(1_800, 900), now)).containsExactly(PAUSE);
  }

  @Test
  void brokerWithFewPlacesResumesWithOneFree() {
    intake = intake(3);
    intake.onConsuming(now);
    assertThat(intake.onHeartbeat(NOTHING, now)).containsExactly(ORPHANS, new ConsumeRequests(3));
    assertThat(intake.state()).isEqualTo(State.OPEN);
    assertThat(intake.onMessage(1, held(3, 0), now)).containsExactly(PAUSE);

    assertThat(after(50, held(3, 0))).isEmpty();
    assertThat(after(50, held(2, 0))).containsExactly(new ConsumeRequests(1));
    assertThat(intake.onMessage(1, held(3, 0), now)).containsExactly(PAUSE);
  }

  @Test
  void intakeRestartsAfterAReconnect() {
    open();
    intake.onConsumingLost();
    assertThat(intake.state()).isEqualTo(State.CLOSED);
    assertThat(after(5_000, NOTHING)).isEmpty();
    assertThat(intake.onHeartbeat(NOTHING, now)).as("the heartbeat was queued before").isEmpty();

    assertThat(intake.onConsuming(now)).containsExactly(HELLO);
    assertThat(after(250, NOTHING)).containsExactly(HELLO);
    assertThat(intake.onHeartbeat(NOTHING, now)).containsExactly(ORPHANS, new ConsumeRequests(32));
  }

  @Test
  void fullBrokerConsumesOnlyOrphansAfterAReconnect() {
    open();
    intake.onConsumingLost();
    intake.onConsuming(now);

    assertThat(intake.onHeartbeat(held(1_800, 0), now)).containsExactly(ORPHANS);
    assertThat(after(50, held(1_000, 0))).containsExactly(new ConsumeRequests(32));
  }

  @Test
  void drainingBrokerConsumesNoSharedQueue() {
    open();
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
  void intakeIsQuietWhenNoDecisionIsDue() {
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

  private void startGrowing() {
    intake.onConsuming(now);
    intake.onHeartbeat(NOTHING, now);
  }

  private void open() {
    startGrowing();
    after(1_000, NOTHING);
    assertThat(intake.state()).isEqualTo(State.OPEN);
  }

  private void receive(int messages, int requestsInEach, Load load) {
    for (int i = 0; i < messages; i++) {
      intake.onMessage(requestsInEach, load, now);
    }
  }

  private List<Action> after(int millis, Load load) {
    now += millis * 1_000_000L;
    return intake.onTick(load, now);
  }

  private static Load held(int held, int waiting) {
    return new Load(held, waiting, MAX_WAITING - waiting);
  }
}
