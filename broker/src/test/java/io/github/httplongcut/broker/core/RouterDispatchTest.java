package io.github.httplongcut.broker.core;

import static io.github.httplongcut.broker.core.RouterFixture.AGENT_1;
import static io.github.httplongcut.broker.core.RouterFixture.AGENT_2;
import static io.github.httplongcut.broker.core.RouterFixture.AGENT_3;
import static io.github.httplongcut.broker.core.RouterFixture.at0;
import static io.github.httplongcut.broker.core.RouterFixture.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.RouterFixture.TestReceipt;
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

/** Rows of the broker's table of dispatch events in docs/protocol.md section 4. */
class RouterDispatchTest {

  private RouterFixture fixture = new RouterFixture();

  @AfterEach
  void idleRouterHoldsNothing() {
    if (fixture.router.isIdle()) {
      assertThat(fixture.router.leftovers()).isZero();
    }
  }

  @Test
  void repeatableRequestIsAckedAndDispatchedAtOnce() {
    fixture.heartbeat(AGENT_1, 10, 0);

    ClientRequest request = RouterFixture.request(1, "GET", 10_000);
    List<Effect> effects =
        fixture.router.onClientRequest(request, fixture.delivery(), fixture.now());

    assertThat(effects)
        .containsExactly(
            new Effect.Acknowledge(
                new ClientRequestAck(id(1), id(1), RouterFixture.BROKER), request, at0(10_000)),
            new Effect.Dispatch(
                new BrokerRequest(
                    RouterFixture.CLIENT,
                    id(1),
                    10_000,
                    RouterFixture.BROKER,
                    id(1),
                    9_750,
                    request.request()),
                AGENT_1,
                2_000,
                at0(2_000)));
  }

  @Test
  void expirationIsTheTimeLeftIfLessThanTheAckTimeout() {
    fixture.heartbeat(AGENT_1, 10, 0);

    List<Effect> effects =
        fixture.router.onClientRequest(
            RouterFixture.request(1, "GET", 1_000), fixture.delivery(), fixture.now());

    assertThat(effects.get(1))
        .isInstanceOfSatisfying(
            Effect.Dispatch.class,
            dispatch -> {
              assertThat(dispatch.expirationMillis()).isEqualTo(750);
              assertThat(dispatch.giveUpAt()).isEqualTo(at0(750));
            });
  }

  @Test
  void nonRepeatableRequestIsSettledBeforeItIsDispatched() {
    fixture.heartbeat(AGENT_1, 10, 0);
    TestReceipt delivery = fixture.delivery();

    assertThat(fixture.receive(1, "POST", delivery)).containsExactly("ack r1", "settle d1");
    assertThat(fixture.settled(delivery)).containsExactly("dispatch r1 as b1 to plant1");
  }

  @Test
  void anotherAgentIsChosenIfTheReservedOneDrainsWhileSettling() {
    fixture.heartbeat(AGENT_1, 10, 0);
    TestReceipt delivery = fixture.delivery();
    fixture.receive(1, "POST", delivery);
    fixture.heartbeat(AGENT_1, AgentState.DRAINING, 10, 0);
    fixture.heartbeat(AGENT_2, 10, 0);

    assertThat(fixture.settled(delivery)).containsExactly("dispatch r1 as b1 to plant2");
  }

  @Test
  void slotIsReservedWhileSettling() {
    fixture.heartbeat(AGENT_1, 1, 0);
    TestReceipt first = fixture.delivery();
    fixture.receive(1, "POST", first);

    assertThat(fixture.get(2)).containsExactly("ack r2");
    assertThat(fixture.settled(first)).containsExactly("dispatch r1 as b1 to plant1");
  }

  @Test
  void settlingOneOfABatchSettlesAll() {
    TestReceipt delivery = fixture.delivery();
    fixture.heartbeat(AGENT_1, 1, 0);
    assertThat(fixture.receive(1, "POST", delivery)).containsExactly("ack r1", "settle d1");
    assertThat(fixture.receive(2, "POST", delivery)).containsExactly("ack r2");
    assertThat(fixture.settled(delivery)).containsExactly("dispatch r1 as b1 to plant1");

    assertThat(fixture.response(1, 1, AGENT_1))
        .containsExactly("respond r1", "dispatch r2 as b2 to plant1");
  }

  @Test
  void batchWithSeveralToDispatchIsSettledOnce() {
    TestReceipt delivery = fixture.delivery();
    fixture.heartbeat(AGENT_1, 2, 0);
    assertThat(fixture.receive(1, "POST", delivery)).containsExactly("ack r1", "settle d1");
    assertThat(fixture.receive(2, "POST", delivery)).containsExactly("ack r2");

    assertThat(fixture.settled(delivery))
        .containsExactly("dispatch r1 as b1 to plant1", "dispatch r2 as b2 to plant1");
  }

  @Test
  void responseIsPublishedToTheClientAgent() {
    running("GET");

    assertThat(fixture.response(1, 1, AGENT_1)).containsExactly("respond r1");
    assertThat(fixture.router.isIdle()).isTrue();
  }

  @Test
  void responseBeforeAckAndConfirmIsPublished() {
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.get(1);

    assertThat(fixture.response(1, 1, AGENT_1)).containsExactly("respond r1");
    assertThat(fixture.ack(1, AGENT_1)).isEmpty();
    assertThat(fixture.published(1, DispatchOutcome.CONFIRMED)).isEmpty();
    assertThat(fixture.router.isIdle()).isTrue();
  }

  @Test
  void returnedRequestGoesToTheNextAgentAndTheFirstGetsNothingNew() {
    dispatched("POST");
    fixture.heartbeat(AGENT_2, 1, 0);

    assertThat(fixture.published(1, DispatchOutcome.RETURNED))
        .containsExactly("dispatch r1 as b2 to plant2");
    assertThat(fixture.get(2)).containsExactly("ack r2");
  }

  @Test
  void agentWithAReturnedDispatchIsUsedAgainAfterAHeartbeat() {
    dispatched("POST");
    fixture.published(1, DispatchOutcome.RETURNED);

    assertThat(fixture.heartbeat(AGENT_1, 10, 0)).containsExactly("dispatch r1 as b2 to plant1");
  }

  @Test
  void rejectedRequestWaitsInFrontAndCostsNoAttempt() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.get(2);
    for (int attempt = 1; attempt <= 5; attempt++) {
      int current = attempt == 1 ? 1 : attempt + 1; // b2 is r2's
      assertThat(fixture.undelivered(current, Undelivered.REJECTED)).isEmpty();
      assertThat(fixture.heartbeat(AGENT_1, 1, 0))
          .containsExactly("dispatch r1 as b" + (attempt + 2) + " to plant1");
    }
  }

  @Test
  void rejectingAgentIsFullUntilItsNextHeartbeat() {
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.get(1);
    fixture.undelivered(1, Undelivered.REJECTED);

    assertThat(fixture.get(2)).containsExactly("ack r2");
    assertThat(fixture.heartbeat(AGENT_1, 10, 0))
        .containsExactly("dispatch r1 as b3 to plant1", "dispatch r2 as b2 to plant1");
  }

  @Test
  void rejectingAgentGetsOneRequestPerOwnRequestThatEnds() {
    fixture.heartbeat(AGENT_1, 3, 0);
    for (int i = 1; i <= 4; i++) {
      fixture.get(i);
    }
    assertThat(fixture.undelivered(2, Undelivered.REJECTED)).isEmpty();
    assertThat(fixture.undelivered(3, Undelivered.REJECTED)).isEmpty();

    assertThat(fixture.response(1, 1, AGENT_1))
        .containsExactly("respond r1", "dispatch r2 as b5 to plant1");
    assertThat(fixture.response(2, 5, AGENT_1))
        .containsExactly("respond r2", "dispatch r3 as b6 to plant1");
  }

  @Test
  void requestOfAnyOtherDeadLetterGoesToTheNextAgentAndTheFirstIsSuspect() {
    dispatched("POST");
    assertThat(fixture.undelivered(1, Undelivered.DEAD_LETTERED)).isEmpty();
    assertThat(fixture.get(2)).containsExactly("ack r2");
    assertThat(fixture.heartbeat(AGENT_2, 1, 0)).containsExactly("dispatch r1 as b3 to plant2");
    assertThat(fixture.heartbeat(AGENT_1, 1, 0)).containsExactly("dispatch r2 as b2 to plant1");
  }

  @Test
  void requestNotRunGoesToTheNextAgentAndTheFirstIsSuspect() {
    running("POST");
    fixture.heartbeat(AGENT_2, 1, 0);
    fixture.heartbeat(AGENT_1, 1, 1);

    assertThat(fixture.error(1, 1, Failure.NOT_RUN, AGENT_1))
        .containsExactly("dispatch r1 as b2 to plant2");
    assertThat(fixture.get(2)).containsExactly("ack r2");
  }

  @Test
  void unreachableGoesToAnotherAgent() {
    running("POST");
    fixture.heartbeat(AGENT_2, 1, 0);

    assertThat(fixture.error(1, 1, Failure.UPSTREAM_UNREACHABLE, AGENT_1))
        .containsExactly("dispatch r1 as b2 to plant2");
    assertThat(fixture.error(1, 2, Failure.UPSTREAM_UNREACHABLE, AGENT_2))
        .containsExactly("refuse r1 upstream_unreachable");
  }

  /** Requests are still dispatched to the other agents. */
  @Test
  void requestForABusyInboxGoesToTheNextAgent() {
    dispatched("POST");
    fixture.heartbeat(AGENT_2, 10, 0);

    assertThat(fixture.published(1, DispatchOutcome.INBOX_BUSY))
        .containsExactly("dispatch r1 as b2 to plant2");
    assertThat(fixture.get(2)).containsExactly("ack r2", "dispatch r2 as b3 to plant2");
  }

  /** A request may try more agents than max-attempts allows attempts. */
  @Test
  void unreachableCostsNoAttemptWhileAnotherAgentIsUntried() {
    for (int i = 0; i < 6; i++) {
      fixture.heartbeat(ProcessId.parse("plant" + i + ".agent-aaaaaa"), 1, 0);
    }
    String dispatch = fixture.get(1).get(1);
    for (int i = 1; i < 6; i++) {
      dispatch = unreachable(dispatch).get(0);
      assertThat(dispatch).startsWith("dispatch r1 as b" + (i + 1));
    }

    assertThat(unreachable(dispatch)).containsExactly("refuse r1 upstream_unreachable");
  }

  /** The first ten failures cost no attempt, each further one does: three at most. */
  @Test
  void requestThatManyAgentsCannotRunIsRefusedAfterThirteen() {
    fixture = new RouterFixture(RouterFixture::largeLimits);
    for (int i = 0; i < 20; i++) {
      fixture.heartbeat(ProcessId.parse("plant" + i + ".agent-aaaaaa"), 1, 0);
    }
    String dispatch = fixture.get(1).get(1);
    for (int i = 1; i < 13; i++) {
      dispatch = unreachable(dispatch).get(0);
      assertThat(dispatch).startsWith("dispatch r1 as b" + (i + 1));
    }

    assertThat(unreachable(dispatch)).containsExactly("refuse r1 upstream_unreachable");
  }

  /** Receives the error that the agent with this dispatch cannot reach its server. */
  private List<String> unreachable(String dispatch) {
    Matcher matcher = Pattern.compile("dispatch r1 as b(\\d+) to (plant\\d+)").matcher(dispatch);
    assertThat(matcher.matches()).as(dispatch).isTrue();
    return fixture.error(
        1,
        Integer.parseInt(matcher.group(1)),
        Failure.UPSTREAM_UNREACHABLE,
        ProcessId.parse(matcher.group(2) + ".agent-aaaaaa"));
  }

  @Test
  void unreachableIsTheAnswerWithoutAnotherAgent() {
    running("POST");

    assertThat(fixture.error(1, 1, Failure.UPSTREAM_UNREACHABLE, AGENT_1))
        .containsExactly("refuse r1 upstream_unreachable");
  }

  @Test
  void unreachableRequestWaitsForAnotherAgentAndBlocksNoOtherRequest() {
    fixture.heartbeat(AGENT_2, 1, 1);
    running("POST");
    assertThat(fixture.error(1, 1, Failure.UPSTREAM_UNREACHABLE, AGENT_1)).isEmpty();

    assertThat(fixture.get(2)).as("plant1 fails, plant2 is only full").containsExactly("ack r2");
    assertThat(fixture.heartbeat(AGENT_2, 2, 0))
        .containsExactly("dispatch r1 as b3 to plant2", "dispatch r2 as b2 to plant2");
  }

  @Test
  void anotherErrorOfTheAgentIsTheAnswer() {
    running("GET");
    fixture.heartbeat(AGENT_2, 10, 0);

    assertThat(fixture.error(1, 1, Failure.UPSTREAM_TIMEOUT, AGENT_1))
        .containsExactly("refuse r1 upstream_timeout");
  }

  @Test
  void nackedNonRepeatableIsAnAckTimeout() {
    dispatched("POST");
    assertThat(fixture.published(1, DispatchOutcome.NACKED))
        .containsExactly("refuse r1 upstream_ack_timeout");
    assertThat(fixture.get(2)).containsExactly("ack r2"); // suspect
  }

  @Test
  void nackedRepeatableGoesToTheNextAgent() {
    dispatched("GET");
    fixture.heartbeat(AGENT_2, 1, 0);
    assertThat(fixture.published(1, DispatchOutcome.NACKED))
        .containsExactly("dispatch r1 as b2 to plant2");
  }

  @Test
  void checkComesAtTwiceTheAckTimeoutAfterTheConfirm() {
    dispatched("POST");
    fixture.at(1_000).published(1, DispatchOutcome.CONFIRMED);

    assertThat(fixture.tick(4_999)).isEmpty();
    assertThat(fixture.tick(5_000)).containsExactly("refuse r1 upstream_ack_timeout");
  }

  @Test
  void checkComesAtTwiceTheAckTimeoutAfterTheLossOfTheConnection() {
    dispatched("POST");
    fixture.at(1_500).published(1, DispatchOutcome.UNKNOWN);

    assertThat(fixture.tick(5_499)).isEmpty();
    assertThat(fixture.tick(5_500)).containsExactly("refuse r1 upstream_ack_timeout");
  }

  @Test
  void unconfirmedDispatchHasNoCheck() {
    dispatched("POST");
    fixture.at(5_000).heartbeat(AGENT_1, 10, 0);

    assertThat(fixture.tick(9_000)).isEmpty();
  }

  @Test
  void repeatableAtItsCheckGoesToTheNextAgent() {
    dispatched("GET");
    fixture.published(1, DispatchOutcome.CONFIRMED);
    fixture.heartbeat(AGENT_2, 1, 0);

    assertThat(fixture.tick(4_000)).containsExactly("dispatch r1 as b2 to plant2");
    assertThat(fixture.response(1, 1, AGENT_1))
        .containsExactly("cancel b2 at plant2", "respond r1");
  }

  @Test
  void suspectAgentIsUsedAgainAfterItsNextHeartbeat() {
    dispatched("GET");
    fixture.published(1, DispatchOutcome.CONFIRMED);
    assertThat(fixture.tick(4_000)).isEmpty();

    assertThat(fixture.heartbeat(AGENT_1, 10, 0)).containsExactly("dispatch r1 as b2 to plant1");
  }

  @Test
  void lastErrorIsTheAnswerIfNoAgentBecomesFree() {
    dispatched("GET");
    fixture.published(1, DispatchOutcome.CONFIRMED);
    assertThat(fixture.tick(4_000)).isEmpty();

    assertThat(fixture.tick(13_999)).isEmpty();
    assertThat(fixture.tick(14_000)).containsExactly("refuse r1 upstream_ack_timeout");
  }

  @Test
  void notWrittenCostsNoAttemptAndKeepsTheAgentInGoodStanding() {
    dispatched("POST");
    assertThat(fixture.published(1, DispatchOutcome.NOT_WRITTEN)).isEmpty();
    assertThat(fixture.heartbeat(AGENT_1, 10, 0)).isEmpty(); // RabbitMQ still takes nothing
    for (int attempt = 2; attempt <= 6; attempt++) {
      assertThat(fixture.publishing()).containsExactly("dispatch r1 as b" + attempt + " to plant1");
      assertThat(fixture.published(attempt, DispatchOutcome.NOT_WRITTEN)).isEmpty();
    }
  }

  @Test
  void runningRequestIsLostAfterMissedHeartbeats() {
    running("POST");

    assertThat(fixture.tick(5_999)).isEmpty();
    assertThat(fixture.tick(6_000)).containsExactly("refuse r1 upstream_agent_lost");
  }

  @Test
  void runningRepeatableOfALostAgentGoesToTheNext() {
    running("GET");
    fixture.at(3_000).heartbeat(AGENT_2, 1, 0);

    assertThat(fixture.tick(6_000)).containsExactly("dispatch r1 as b2 to plant2");
  }

  @Test
  void replyTimeoutStartsAtTheAck() {
    dispatched("POST");
    fixture.at(1_000).published(1, DispatchOutcome.CONFIRMED);
    fixture.at(2_000).ack(1, AGENT_1);
    keepAlive(AGENT_1, 26_000);

    assertThat(fixture.tick(26_999)).isEmpty();
    assertThat(fixture.tick(27_000)).containsExactly("refuse r1 upstream_reply_timeout");
  }

  @Test
  void busyAfterTheLastAttemptIfItNeverRan() {
    dispatched("POST");
    fixture.undelivered(1, Undelivered.DEAD_LETTERED);
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.undelivered(2, Undelivered.DEAD_LETTERED);
    fixture.heartbeat(AGENT_1, 10, 0);

    assertThat(fixture.undelivered(3, Undelivered.DEAD_LETTERED))
        .containsExactly("refuse r1 upstream_busy");
  }

  @Test
  void lastErrorAfterTheLastAttemptIfItMayHaveRun() {
    dispatched("GET");
    fixture.published(1, DispatchOutcome.NACKED);
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.undelivered(2, Undelivered.DEAD_LETTERED);
    fixture.heartbeat(AGENT_1, 10, 0);

    assertThat(fixture.published(3, DispatchOutcome.RETURNED))
        .containsExactly("refuse r1 upstream_ack_timeout");
  }

  @Test
  void responseToAnEarlierAttemptCounts() {
    dispatched("GET");
    fixture.published(1, DispatchOutcome.NACKED);
    fixture.heartbeat(AGENT_2, 1, 0);
    fixture.ack(2, AGENT_2);

    assertThat(fixture.response(1, 1, AGENT_1))
        .containsExactly("cancel b2 at plant2", "respond r1");
    assertThat(fixture.router.isIdle()).isTrue();
  }

  @Test
  void errorOfAnEarlierAttemptIsDropped() {
    dispatched("GET");
    fixture.published(1, DispatchOutcome.NACKED);
    fixture.heartbeat(AGENT_2, 1, 0);

    assertThat(fixture.error(1, 1, Failure.UPSTREAM_TIMEOUT, AGENT_1)).isEmpty();
    assertThat(drops(DropReason.LATE)).isEqualTo(1);
    assertThat(fixture.response(1, 2, AGENT_2)).containsExactly("respond r1");
  }

  @Test
  void deadLetterOfAnEarlierAttemptIsIgnored() {
    dispatched("GET");
    fixture.published(1, DispatchOutcome.NACKED);
    fixture.heartbeat(AGENT_2, 1, 0);

    assertThat(fixture.undelivered(1, Undelivered.DEAD_LETTERED)).isEmpty();
    assertThat(fixture.response(1, 2, AGENT_2)).containsExactly("respond r1");
  }

  @Test
  void eventsFromAnotherAgentAreDropped() {
    dispatched("GET");
    fixture.heartbeat(AGENT_2, 1, 0);

    assertThat(fixture.ack(1, AGENT_2)).isEmpty();
    assertThat(fixture.response(1, 1, AGENT_2)).isEmpty();
    assertThat(fixture.error(1, 1, Failure.UPSTREAM_TIMEOUT, AGENT_2)).isEmpty();
    assertThat(drops(DropReason.WRONG_SENDER)).isEqualTo(3);
    assertThat(fixture.router.view().stats().requests().dispatched()).isEqualTo(1);
  }

  @Test
  void unknownResponseIsForwarded() {
    assertThat(fixture.response(7, 7, AGENT_3)).containsExactly("forward r7");
  }

  @Test
  void unknownErrorIsDropped() {
    assertThat(fixture.error(7, 7, Failure.UPSTREAM_TIMEOUT, AGENT_3)).isEmpty();
    assertThat(drops(DropReason.LATE)).isEqualTo(1);
  }

  @Test
  void orphanedErrorOfAnUnknownRequestIsForwarded() {
    assertThat(fixture.orphanedError(7, 7, Failure.UPSTREAM_TIMEOUT, AGENT_3))
        .containsExactly("orphan r7 upstream_timeout");
  }

  @Test
  void orphanedDispatchOfAnUnknownRequestIsAnsweredNotRun() {
    assertThat(fixture.orphanedRequest(7, 7)).containsExactly("orphan r7 not_run");
  }

  @Test
  void orphansOfOwnRequestsCountLikeOtherEvents() {
    running("POST");
    fixture.heartbeat(AGENT_2, 1, 0);
    assertThat(fixture.orphanedRequest(1, 1)).containsExactly("dispatch r1 as b2 to plant2");
    assertThat(fixture.orphanedError(1, 2, Failure.UPSTREAM_TIMEOUT, AGENT_2))
        .containsExactly("refuse r1 upstream_timeout");
  }

  private long drops(DropReason why) {
    return fixture.router.view().stats().totals().drops().getOrDefault(why, 0L);
  }

  private void keepAlive(ProcessId agent, long untilMillis) {
    for (long millis = 0; millis <= untilMillis; millis += RouterFixture.INTERVAL) {
      fixture.at(millis).heartbeat(agent, 10, 1);
    }
  }

  private void dispatched(String method) {
    TestReceipt delivery = fixture.delivery();
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.receive(1, method, delivery);
    if (method.equals("POST")) {
      fixture.settled(delivery);
    }
  }

  private void running(String method) {
    dispatched(method);
    fixture.published(1, DispatchOutcome.CONFIRMED);
    fixture.ack(1, AGENT_1);
  }
}
