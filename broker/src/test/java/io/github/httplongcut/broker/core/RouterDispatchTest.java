package io.github.httplongcut.broker.core;

import static io.github.httplongcut.broker.core.RouterScene.AGENT_1;
import static io.github.httplongcut.broker.core.RouterScene.AGENT_2;
import static io.github.httplongcut.broker.core.RouterScene.AGENT_3;
import static io.github.httplongcut.broker.core.RouterScene.at0;
import static io.github.httplongcut.broker.core.RouterScene.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.RouterScene.TestReceipt;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The table of docs/protocol.md section 4 for the broker, row by row. */
class RouterDispatchTest {

  private final RouterScene scene = new RouterScene();

  @AfterEach
  void nothingIsLeftOfWhatIsOver() {
    if (scene.router.isIdle()) {
      assertThat(scene.router.leftovers()).isZero();
    }
  }

  @Test
  void repeatableRequestIsAckedAndDispatchedAtOnce() {
    scene.heartbeat(AGENT_1, 10, 0);

    ClientRequest request = RouterScene.request(1, "GET", 10_000);
    List<Effect> effects = scene.router.onClientRequest(request, scene.delivery(), scene.now());

    assertThat(effects)
        .containsExactly(
            new Effect.Acknowledge(
                new ClientRequestAck(id(1), id(1), RouterScene.BROKER), request, at0(10_000)),
            new Effect.Dispatch(
                new BrokerRequest(
                    RouterScene.CLIENT,
                    id(1),
                    10_000,
                    RouterScene.BROKER,
                    id(1),
                    9_750,
                    request.request()),
                AGENT_1,
                2_000,
                at0(2_000)));
  }

  @Test
  void expirationIsTheTimeLeftWhenThatIsLess() {
    scene.heartbeat(AGENT_1, 10, 0);

    List<Effect> effects =
        scene.router.onClientRequest(
            RouterScene.request(1, "GET", 1_000), scene.delivery(), scene.now());

    assertThat(effects.get(1))
        .isInstanceOfSatisfying(
            Effect.Dispatch.class,
            dispatch -> {
              assertThat(dispatch.expirationMillis()).isEqualTo(750);
              assertThat(dispatch.giveUpAt()).isEqualTo(at0(750));
            });
  }

  @Test
  void otherRequestIsSettledBeforeItIsDispatched() {
    scene.heartbeat(AGENT_1, 10, 0);
    TestReceipt delivery = scene.delivery();

    assertThat(scene.receive(1, "POST", delivery)).containsExactly("ack r1", "settle d1");
    assertThat(scene.settled(delivery)).containsExactly("dispatch r1 as b1 to plant1");
  }

  @Test
  void anotherAgentIsChosenIfTheReservedOneHasGoneWhileSettling() {
    scene.heartbeat(AGENT_1, 10, 0);
    TestReceipt delivery = scene.delivery();
    scene.receive(1, "POST", delivery);
    scene.heartbeat(AGENT_1, AgentState.DRAINING, 10, 0);
    scene.heartbeat(AGENT_2, 10, 0);

    assertThat(scene.settled(delivery)).containsExactly("dispatch r1 as b1 to plant2");
  }

  @Test
  void slotIsReservedWhileSettling() {
    scene.heartbeat(AGENT_1, 1, 0);
    TestReceipt first = scene.delivery();
    scene.receive(1, "POST", first);

    assertThat(scene.get(2)).containsExactly("ack r2");
    assertThat(scene.settled(first)).containsExactly("dispatch r1 as b1 to plant1");
  }

  @Test
  void settlingOneOfABatchSettlesAll() {
    TestReceipt delivery = scene.delivery();
    scene.heartbeat(AGENT_1, 1, 0);
    assertThat(scene.receive(1, "POST", delivery)).containsExactly("ack r1", "settle d1");
    assertThat(scene.receive(2, "POST", delivery)).containsExactly("ack r2");
    assertThat(scene.settled(delivery)).containsExactly("dispatch r1 as b1 to plant1");

    assertThat(scene.response(1, 1, AGENT_1))
        .containsExactly("respond r1", "dispatch r2 as b2 to plant1");
  }

  @Test
  void batchWithSeveralToDispatchIsSettledOnce() {
    TestReceipt delivery = scene.delivery();
    scene.heartbeat(AGENT_1, 2, 0);
    assertThat(scene.receive(1, "POST", delivery)).containsExactly("ack r1", "settle d1");
    assertThat(scene.receive(2, "POST", delivery)).containsExactly("ack r2");

    assertThat(scene.settled(delivery))
        .containsExactly("dispatch r1 as b1 to plant1", "dispatch r2 as b2 to plant1");
  }

  @Test
  void responseIsSentOn() {
    running("GET");

    assertThat(scene.response(1, 1, AGENT_1)).containsExactly("respond r1");
    assertThat(scene.router.isIdle()).isTrue();
  }

  @Test
  void responseBeforeTheAckAndTheConfirmIsSentOn() {
    scene.heartbeat(AGENT_1, 10, 0);
    scene.get(1);

    assertThat(scene.response(1, 1, AGENT_1)).containsExactly("respond r1");
    assertThat(scene.ack(1, AGENT_1)).isEmpty();
    assertThat(scene.published(1, DispatchOutcome.CONFIRMED)).isEmpty();
    assertThat(scene.router.isIdle()).isTrue();
  }

  @Test
  void returnedGoesToTheNextAgentAndTheAgentGetsNothingNew() {
    dispatched("POST");
    scene.heartbeat(AGENT_2, 1, 0);

    assertThat(scene.published(1, DispatchOutcome.RETURNED))
        .containsExactly("dispatch r1 as b2 to plant2");
    assertThat(scene.get(2)).containsExactly("ack r2");
  }

  @Test
  void agentWhoseInboxWasGoneIsUsedAgainOnceItSaysThatItLives() {
    dispatched("POST");
    scene.published(1, DispatchOutcome.RETURNED);

    assertThat(scene.heartbeat(AGENT_1, 10, 0)).containsExactly("dispatch r1 as b2 to plant1");
  }

  @Test
  void rejectedWaitsInFrontAndCostsNoAttempt() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.get(2);
    for (int attempt = 1; attempt <= 5; attempt++) {
      int current = attempt == 1 ? 1 : attempt + 1; // b2 is r2's
      assertThat(scene.undelivered(current, Undelivered.REJECTED)).isEmpty();
      assertThat(scene.heartbeat(AGENT_1, 1, 0))
          .containsExactly("dispatch r1 as b" + (attempt + 2) + " to plant1");
    }
  }

  @Test
  void rejectingAgentIsFullUntilItsNextHeartbeat() {
    scene.heartbeat(AGENT_1, 10, 0);
    scene.get(1);
    scene.undelivered(1, Undelivered.REJECTED);

    assertThat(scene.get(2)).containsExactly("ack r2");
    assertThat(scene.heartbeat(AGENT_1, 10, 0))
        .containsExactly("dispatch r1 as b3 to plant1", "dispatch r2 as b2 to plant1");
  }

  @Test
  void rejectingAgentGetsOneForEachOfOursThatEndsThere() {
    scene.heartbeat(AGENT_1, 3, 0);
    for (int i = 1; i <= 4; i++) {
      scene.get(i);
    }
    assertThat(scene.undelivered(2, Undelivered.REJECTED)).isEmpty();
    assertThat(scene.undelivered(3, Undelivered.REJECTED)).isEmpty();

    assertThat(scene.response(1, 1, AGENT_1))
        .containsExactly("respond r1", "dispatch r2 as b5 to plant1");
    assertThat(scene.response(2, 5, AGENT_1))
        .containsExactly("respond r2", "dispatch r3 as b6 to plant1");
  }

  @Test
  void otherDeadLetterMakesTheAgentSuspectAndGoesToTheNext() {
    dispatched("POST");
    assertThat(scene.undelivered(1, Undelivered.DEAD_LETTERED)).isEmpty();
    assertThat(scene.get(2)).containsExactly("ack r2");
    assertThat(scene.heartbeat(AGENT_2, 1, 0)).containsExactly("dispatch r1 as b3 to plant2");
    assertThat(scene.heartbeat(AGENT_1, 1, 0)).containsExactly("dispatch r2 as b2 to plant1");
  }

  @Test
  void notRunMakesTheAgentSuspectAndGoesToTheNext() {
    running("POST");
    scene.heartbeat(AGENT_2, 1, 0);
    scene.heartbeat(AGENT_1, 1, 1);

    assertThat(scene.error(1, 1, Failure.NOT_RUN, AGENT_1))
        .containsExactly("dispatch r1 as b2 to plant2");
    assertThat(scene.get(2)).containsExactly("ack r2");
  }

  @Test
  void unreachableGoesToAnotherAgent() {
    running("POST");
    scene.heartbeat(AGENT_2, 1, 0);

    assertThat(scene.error(1, 1, Failure.UPSTREAM_UNREACHABLE, AGENT_1))
        .containsExactly("dispatch r1 as b2 to plant2");
    assertThat(scene.error(1, 2, Failure.UPSTREAM_UNREACHABLE, AGENT_2))
        .containsExactly("refuse r1 upstream_unreachable");
  }

  /** And others are dispatched meanwhile. */
  @Test
  void whatABusyInboxDoesNotTakeGoesToAnotherAgent() {
    dispatched("POST");
    scene.heartbeat(AGENT_2, 10, 0);

    assertThat(scene.published(1, DispatchOutcome.NOT_TAKEN))
        .containsExactly("dispatch r1 as b2 to plant2");
    assertThat(scene.get(2)).containsExactly("ack r2", "dispatch r2 as b3 to plant2");
  }

  /** More than max-attempts of them. */
  @Test
  void whileAnotherAgentIsUntriedAFailureCostsNoAttempt() {
    for (int i = 0; i < 6; i++) {
      scene.heartbeat(ProcessId.parse("plant" + i + ".agent-aaaaaa"), 1, 0);
    }
    String dispatch = scene.get(1).get(1);
    for (int i = 1; i < 6; i++) {
      dispatch = unreachable(dispatch).get(0);
      assertThat(dispatch).startsWith("dispatch r1 as b" + (i + 1));
    }

    assertThat(unreachable(dispatch)).containsExactly("refuse r1 upstream_unreachable");
  }

  /** The agent that got that dispatch does not reach its server. */
  private List<String> unreachable(String dispatch) {
    Matcher matcher = Pattern.compile("dispatch r1 as b(\\d+) to (plant\\d)").matcher(dispatch);
    assertThat(matcher.matches()).as(dispatch).isTrue();
    return scene.error(
        1,
        Integer.parseInt(matcher.group(1)),
        Failure.UPSTREAM_UNREACHABLE,
        ProcessId.parse(matcher.group(2) + ".agent-aaaaaa"));
  }

  @Test
  void unreachableWithoutAnotherAgentIsTheAnswer() {
    running("POST");

    assertThat(scene.error(1, 1, Failure.UPSTREAM_UNREACHABLE, AGENT_1))
        .containsExactly("refuse r1 upstream_unreachable");
  }

  @Test
  void unreachableWaitsForAFullAgentButNeverGoesBackAndHoldsUpNobody() {
    scene.heartbeat(AGENT_2, 1, 1);
    running("POST");
    assertThat(scene.error(1, 1, Failure.UPSTREAM_UNREACHABLE, AGENT_1)).isEmpty();

    assertThat(scene.get(2)).as("plant1 fails, plant2 is only full").containsExactly("ack r2");
    assertThat(scene.heartbeat(AGENT_2, 2, 0))
        .containsExactly("dispatch r1 as b3 to plant2", "dispatch r2 as b2 to plant2");
  }

  @Test
  void anotherErrorOfTheAgentIsTheAnswer() {
    running("GET");
    scene.heartbeat(AGENT_2, 10, 0);

    assertThat(scene.error(1, 1, Failure.UPSTREAM_TIMEOUT, AGENT_1))
        .containsExactly("refuse r1 upstream_timeout");
  }

  @Test
  void nackedIsUnknown() {
    dispatched("POST");
    assertThat(scene.published(1, DispatchOutcome.NACKED))
        .containsExactly("refuse r1 upstream_ack_timeout");
    assertThat(scene.get(2)).containsExactly("ack r2"); // suspect
  }

  @Test
  void nackedRepeatableGoesToTheNextAgent() {
    dispatched("GET");
    scene.heartbeat(AGENT_2, 1, 0);
    assertThat(scene.published(1, DispatchOutcome.NACKED))
        .containsExactly("dispatch r1 as b2 to plant2");
  }

  @Test
  void checkComesAtTwiceTheAckTimeoutAfterTheConfirm() {
    dispatched("POST");
    scene.at(1_000).published(1, DispatchOutcome.CONFIRMED);

    assertThat(scene.tick(4_999)).isEmpty();
    assertThat(scene.tick(5_000)).containsExactly("refuse r1 upstream_ack_timeout");
  }

  @Test
  void checkComesAtTwiceTheAckTimeoutAfterTheLossOfTheConnection() {
    dispatched("POST");
    scene.at(1_500).published(1, DispatchOutcome.UNKNOWN);

    assertThat(scene.tick(5_499)).isEmpty();
    assertThat(scene.tick(5_500)).containsExactly("refuse r1 upstream_ack_timeout");
  }

  @Test
  void unconfirmedDispatchIsNotChecked() {
    dispatched("POST");
    scene.at(5_000).heartbeat(AGENT_1, 10, 0);

    assertThat(scene.tick(9_000)).isEmpty();
  }

  @Test
  void uncheckedRepeatableGoesToTheNextAgent() {
    dispatched("GET");
    scene.published(1, DispatchOutcome.CONFIRMED);
    scene.heartbeat(AGENT_2, 1, 0);

    assertThat(scene.tick(4_000)).containsExactly("dispatch r1 as b2 to plant2");
    assertThat(scene.response(1, 1, AGENT_1)).containsExactly("cancel b2 at plant2", "respond r1");
  }

  @Test
  void suspectAgentIsTrustedAgainAtItsNextHeartbeat() {
    dispatched("GET");
    scene.published(1, DispatchOutcome.CONFIRMED);
    assertThat(scene.tick(4_000)).isEmpty();

    assertThat(scene.heartbeat(AGENT_1, 10, 0)).containsExactly("dispatch r1 as b2 to plant1");
  }

  @Test
  void lastErrorIsTheAnswerWhenNobodyElseBecomesFree() {
    dispatched("GET");
    scene.published(1, DispatchOutcome.CONFIRMED);
    assertThat(scene.tick(4_000)).isEmpty();

    assertThat(scene.tick(13_999)).isEmpty();
    assertThat(scene.tick(14_000)).containsExactly("refuse r1 upstream_ack_timeout");
  }

  @Test
  void notWrittenCostsNoAttemptAndNobodyIsBlamed() {
    dispatched("POST");
    assertThat(scene.published(1, DispatchOutcome.NOT_WRITTEN)).isEmpty();
    assertThat(scene.heartbeat(AGENT_1, 10, 0)).isEmpty(); // RabbitMQ still takes nothing
    for (int attempt = 2; attempt <= 6; attempt++) {
      assertThat(scene.publishing()).containsExactly("dispatch r1 as b" + attempt + " to plant1");
      assertThat(scene.published(attempt, DispatchOutcome.NOT_WRITTEN)).isEmpty();
    }
  }

  @Test
  void runningAtAnAgentWhoseHeartbeatsStayAwayIsLost() {
    running("POST");

    assertThat(scene.tick(5_999)).isEmpty();
    assertThat(scene.tick(6_000)).containsExactly("refuse r1 upstream_agent_lost");
  }

  @Test
  void runningRepeatableAtALostAgentGoesToTheNext() {
    running("GET");
    scene.at(3_000).heartbeat(AGENT_2, 1, 0);

    assertThat(scene.tick(6_000)).containsExactly("dispatch r1 as b2 to plant2");
  }

  @Test
  void replyTimeoutCountsFromTheAck() {
    dispatched("POST");
    scene.at(1_000).published(1, DispatchOutcome.CONFIRMED);
    scene.at(2_000).ack(1, AGENT_1);
    keepAlive(AGENT_1, 26_000);

    assertThat(scene.tick(26_999)).isEmpty();
    assertThat(scene.tick(27_000)).containsExactly("refuse r1 upstream_reply_timeout");
  }

  @Test
  void busyAfterTheLastAttemptIfItNeverRan() {
    dispatched("POST");
    scene.undelivered(1, Undelivered.DEAD_LETTERED);
    scene.heartbeat(AGENT_1, 10, 0);
    scene.undelivered(2, Undelivered.DEAD_LETTERED);
    scene.heartbeat(AGENT_1, 10, 0);

    assertThat(scene.undelivered(3, Undelivered.DEAD_LETTERED))
        .containsExactly("refuse r1 upstream_busy");
  }

  @Test
  void lastErrorAfterTheLastAttemptIfItMayHaveRun() {
    dispatched("GET");
    scene.published(1, DispatchOutcome.NACKED);
    scene.heartbeat(AGENT_1, 10, 0);
    scene.undelivered(2, Undelivered.DEAD_LETTERED);
    scene.heartbeat(AGENT_1, 10, 0);

    assertThat(scene.published(3, DispatchOutcome.RETURNED))
        .containsExactly("refuse r1 upstream_ack_timeout");
  }

  @Test
  void responseToAnEarlierAttemptCounts() {
    dispatched("GET");
    scene.published(1, DispatchOutcome.NACKED);
    scene.heartbeat(AGENT_2, 1, 0);
    scene.ack(2, AGENT_2);

    assertThat(scene.response(1, 1, AGENT_1)).containsExactly("cancel b2 at plant2", "respond r1");
    assertThat(scene.router.isIdle()).isTrue();
  }

  @Test
  void errorOfAnEarlierAttemptIsDropped() {
    dispatched("GET");
    scene.published(1, DispatchOutcome.NACKED);
    scene.heartbeat(AGENT_2, 1, 0);

    assertThat(scene.error(1, 1, Failure.UPSTREAM_TIMEOUT, AGENT_1)).isEmpty();
    assertThat(drops(DropReason.LATE)).isEqualTo(1);
    assertThat(scene.response(1, 2, AGENT_2)).containsExactly("respond r1");
  }

  @Test
  void deadLetterOfAnEarlierAttemptIsIgnored() {
    dispatched("GET");
    scene.published(1, DispatchOutcome.NACKED);
    scene.heartbeat(AGENT_2, 1, 0);

    assertThat(scene.undelivered(1, Undelivered.DEAD_LETTERED)).isEmpty();
    assertThat(scene.response(1, 2, AGENT_2)).containsExactly("respond r1");
  }

  @Test
  void wordsOfAnAgentThatItWasNotSentToAreDropped() {
    dispatched("GET");
    scene.heartbeat(AGENT_2, 1, 0);

    assertThat(scene.ack(1, AGENT_2)).isEmpty();
    assertThat(scene.response(1, 1, AGENT_2)).isEmpty();
    assertThat(scene.error(1, 1, Failure.UPSTREAM_TIMEOUT, AGENT_2)).isEmpty();
    assertThat(drops(DropReason.WRONG_SENDER)).isEqualTo(3);
    assertThat(scene.router.stats().holds().dispatched()).isEqualTo(1);
  }

  @Test
  void unknownResponseIsSentOn() {
    assertThat(scene.response(7, 7, AGENT_3)).containsExactly("forward r7");
  }

  @Test
  void unknownErrorIsDropped() {
    assertThat(scene.error(7, 7, Failure.UPSTREAM_TIMEOUT, AGENT_3)).isEmpty();
    assertThat(drops(DropReason.LATE)).isEqualTo(1);
  }

  @Test
  void orphanedErrorOfAnUnknownRequestIsSentOn() {
    assertThat(scene.orphanedError(7, 7, Failure.UPSTREAM_TIMEOUT, AGENT_3))
        .containsExactly("orphan r7 upstream_timeout");
  }

  @Test
  void orphanedRequestOfAnUnknownRequestHasNotRun() {
    assertThat(scene.orphanedRequest(7, 7)).containsExactly("orphan r7 not_run");
  }

  @Test
  void orphansOfOwnRequestsAreHeardAsIfTheyHadComeDirectly() {
    running("POST");
    scene.heartbeat(AGENT_2, 1, 0);
    assertThat(scene.orphanedRequest(1, 1)).containsExactly("dispatch r1 as b2 to plant2");
    assertThat(scene.orphanedError(1, 2, Failure.UPSTREAM_TIMEOUT, AGENT_2))
        .containsExactly("refuse r1 upstream_timeout");
  }

  private long drops(DropReason why) {
    return scene.router.stats().totals().drops().getOrDefault(why, 0L);
  }

  private void keepAlive(ProcessId agent, long untilMillis) {
    for (long millis = 0; millis <= untilMillis; millis += RouterScene.INTERVAL) {
      scene.at(millis).heartbeat(agent, 10, 1);
    }
  }

  private void dispatched(String method) {
    TestReceipt delivery = scene.delivery();
    scene.heartbeat(AGENT_1, 10, 0);
    scene.receive(1, method, delivery);
    if (method.equals("POST")) {
      scene.settled(delivery);
    }
  }

  private void running(String method) {
    dispatched(method);
    scene.published(1, DispatchOutcome.CONFIRMED);
    scene.ack(1, AGENT_1);
  }
}
