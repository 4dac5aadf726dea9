package io.github.httplongcut.broker.core;

import static io.github.httplongcut.broker.core.RouterScene.AGENT_1;
import static io.github.httplongcut.broker.core.RouterScene.AGENT_2;
import static io.github.httplongcut.broker.core.RouterScene.AGENT_3;
import static io.github.httplongcut.broker.core.RouterScene.CLIENT;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.RouterScene.TestReceipt;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The waiting room, the limits and the choice of the agent. */
class RouterWaitingTest {

  private RouterScene scene = new RouterScene();

  @AfterEach
  void nothingIsLeftOfWhatIsOver() {
    if (scene.router.isIdle()) {
      assertThat(scene.router.leftovers()).isZero();
    }
  }

  @Test
  void waitsUnsettledForAnAgent() {
    TestReceipt delivery = scene.delivery();
    assertThat(scene.receive(1, "POST", delivery)).containsExactly("ack r1");

    assertThat(scene.heartbeat(AGENT_1, 1, 0)).containsExactly("settle d1");
    assertThat(scene.settled(delivery)).containsExactly("dispatch r1 as b1 to plant1");
  }

  @Test
  void firstComeFirstServed() {
    scene.get(1);
    scene.get(2);
    scene.get(3);

    assertThat(scene.heartbeat(AGENT_1, 2, 0))
        .containsExactly("dispatch r1 as b1 to plant1", "dispatch r2 as b2 to plant1");
    assertThat(scene.response(2, 2, AGENT_1))
        .containsExactly("respond r2", "dispatch r3 as b3 to plant1");
  }

  @Test
  void nobodyForTheTargetWithinTheWaitTimeout() {
    scene.get(1);

    assertThat(scene.tick(9_999)).isEmpty();
    assertThat(scene.tick(10_000)).containsExactly("refuse r1 no_upstream_agent");
    assertThat(scene.router.isIdle()).isTrue();
  }

  @Test
  void drainingAgentIsNobody() {
    scene.at(9_000).heartbeat(AGENT_1, AgentState.DRAINING, 10, 0);
    scene.at(0).get(1);

    assertThat(scene.tick(10_000)).containsExactly("refuse r1 no_upstream_agent");
  }

  @Test
  void everyAgentFullForTheWaitTimeout() {
    scene.get(1);
    scene.at(9_000).heartbeat(AGENT_1, AgentState.FULL, 10, 10);

    assertThat(scene.tick(10_000)).containsExactly("refuse r1 upstream_busy");
  }

  @Test
  void otherRequestIsSettledBeforeItIsRefused() {
    TestReceipt delivery = scene.delivery();
    scene.receive(1, "POST", delivery);

    assertThat(scene.tick(10_000)).containsExactly("settle d1");
    assertThat(scene.heartbeat(AGENT_1, 10, 0)).isEmpty(); // too late
    assertThat(scene.settled(delivery)).containsExactly("refuse r1 no_upstream_agent");
    assertThat(scene.router.isIdle()).isTrue();
  }

  @Test
  void waitTimeoutCountsAllStaysTogether() {
    scene.get(1);
    scene.at(6_000).heartbeat(AGENT_1, 1, 0);
    scene.at(7_000).undelivered(1, Undelivered.REJECTED);

    assertThat(scene.tick(10_999)).isEmpty();
    assertThat(scene.tick(11_000)).containsExactly("refuse r1 upstream_busy");
  }

  @Test
  void requestWithoutTimeForTheWaitIsRefusedWhenItsTimeIsUp() {
    scene.receive(RouterScene.request(1, "GET", 1_000), scene.delivery());

    assertThat(scene.tick(749)).isEmpty();
    assertThat(scene.tick(750)).containsExactly("refuse r1 no_upstream_agent");
  }

  @Test
  void dispatchedRequestWhoseTimeIsUpIsAnAckTimeout() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.receive(RouterScene.request(1, "GET", 1_000), scene.delivery());

    assertThat(scene.tick(750)).containsExactly("refuse r1 upstream_ack_timeout");
  }

  @Test
  void runningRequestWhoseTimeIsUpIsAReplyTimeout() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.receive(RouterScene.request(1, "GET", 1_000), scene.delivery());
    scene.ack(1, AGENT_1);

    assertThat(scene.tick(750)).containsExactly("refuse r1 upstream_reply_timeout");
  }

  @Test
  void nothingIsSaidToWhoNoLongerWaits() {
    scene.receive(RouterScene.request(1, "GET", 1_000), scene.delivery());

    assertThat(scene.tick(1_000)).containsExactly("done d1");
    assertThat(scene.receive(RouterScene.request(2, "GET", 0), scene.delivery()))
        .containsExactly("done d2");
    assertThat(scene.router.isIdle()).isTrue();
  }

  @Test
  void requestIsNotDispatchedWithoutTimeForTheAgent() {
    scene.heartbeat(AGENT_1, 1, 0);

    assertThat(scene.receive(RouterScene.request(1, "GET", 250), scene.delivery()))
        .containsExactly("ack r1", "refuse r1 upstream_busy");
  }

  @Test
  void fullWaitingRoomRefusesAtOnce() {
    scene.get(1);
    scene.get(2);
    scene.get(3);

    assertThat(scene.get(4)).containsExactly("ack r4", "refuse r4 upstream_busy");
    assertThat(scene.post(5)).containsExactly("ack r5", "settle d5");
  }

  /** Once all agents have had the time to say that they are there. */
  @Test
  void aTargetWithoutAnAgentHasASmallPartOfTheRoom() {
    scene.consuming();
    scene.at(1_999);
    scene.get(1);
    scene.get(2);
    assertThat(scene.get(3)).containsExactly("ack r3");
    scene.cancel(3, CLIENT);

    scene.at(2_000);
    assertThat(scene.get(3)).as("nobody else can want in").containsExactly("ack r3");
    scene.cancel(3, CLIENT);
    scene.heartbeatElsewhere(AGENT_2);
    assertThat(scene.get(4)).containsExactly("ack r4", "refuse r4 upstream_busy");
    assertThat(scene.getElsewhere(5)).containsExactly("ack r5");
    scene.cancel(5, CLIENT);
    scene.at(12_001); // nobody else has asked for a while
    scene.heartbeat(AGENT_1, 1, 1);
    assertThat(scene.get(6)).as("it has one now, a full one").containsExactly("ack r6");
  }

  @Test
  void whileOthersWaitATargetLeavesHalfOfTheRestFree() {
    scene.getElsewhere(1);
    assertThat(scene.get(2)).as("one in any case").containsExactly("ack r2");

    assertThat(scene.get(3)).containsExactly("ack r3", "refuse r3 upstream_busy");

    scene.cancel(1, CLIENT);
    assertThat(scene.get(4))
        .as("somebody else waited a moment ago")
        .contains("refuse r4 upstream_busy");
    scene.at(10_000);
    assertThat(scene.get(4)).as("nobody else wants in").containsExactly("ack r4");
  }

  @Test
  void requestThatComesBackMayWaitHoweverFullTheRoomIs() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.get(2);
    scene.get(3);
    scene.get(4);

    assertThat(scene.undelivered(1, Undelivered.REJECTED)).isEmpty();
    assertThat(scene.heartbeat(AGENT_1, 1, 0)).containsExactly("dispatch r1 as b5 to plant1");
  }

  @Test
  void overloadedAboveTheMostRequests() {
    scene.heartbeat(AGENT_1, 100, 0);
    for (int i = 1; i <= 6; i++) {
      scene.get(i);
    }

    assertThat(scene.get(7)).containsExactly("ack r7", "refuse r7 overloaded");
    scene.response(1, 1, AGENT_1);
    assertThat(scene.get(8)).containsExactly("ack r8", "dispatch r8 as b8 to plant1");
  }

  @Test
  void overloadedAboveTheMostBytes() {
    scene.heartbeat(AGENT_1, 100, 0);
    assertThat(scene.receive(withBody(1, 600_000), scene.delivery()))
        .contains("dispatch r1 as b1 to plant1");
    assertThat(scene.receive(withBody(2, 600_000), scene.delivery()))
        .containsExactly("ack r2", "settle d2");
    scene.response(1, 1, AGENT_1);
    assertThat(scene.router.stats().inFlightBytes()).isZero();
  }

  @Test
  void requestThatIsInFlightAlreadyIsDropped() {
    scene.get(1);
    assertThat(scene.get(1)).containsExactly("done d2");
  }

  @Test
  void smallestShareInUseIsNext() {
    scene.heartbeat(AGENT_1, 2, 1);
    scene.heartbeat(AGENT_2, 10, 4);

    assertThat(scene.get(1)).contains("dispatch r1 as b1 to plant2"); // 0.4 and 0.5
    assertThat(scene.get(2)).contains("dispatch r2 as b2 to plant1"); // 0.5 and 0.5: longest ago
    assertThat(scene.get(3)).contains("dispatch r3 as b3 to plant2");
  }

  @Test
  void roundRobinAmongEquals() {
    scene.heartbeat(AGENT_1, 10, 0);
    scene.heartbeat(AGENT_2, 10, 0);
    scene.heartbeat(AGENT_3, 10, 0);

    assertThat(scene.get(1)).contains("dispatch r1 as b1 to plant1");
    assertThat(scene.get(2)).contains("dispatch r2 as b2 to plant3");
    assertThat(scene.get(3)).contains("dispatch r3 as b3 to plant2");
  }

  /** One user's flood, which came first, does not make the others wait until it is over. */
  @Test
  void usersAreServedInTurn() {
    scene = new RouterScene(RouterScene::roomy);
    scene.heartbeat(AGENT_1, 1, 1);
    for (int i = 1; i <= 5; i++) {
      scene.get(i);
    }
    scene.getOf("mill", 6);
    scene.getOf("mill", 7);
    scene.getOf("works", 8);

    assertThat(servedOneByOne(8)).containsExactly(1, 6, 8, 2, 7, 3, 4, 5);
  }

  @Test
  void aUserThatComesAgainAndAgainIsServedOncePerTurn() {
    scene = new RouterScene(RouterScene::roomy);
    scene.heartbeat(AGENT_1, 1, 1);
    for (int i = 1; i <= 3; i++) {
      scene.get(i);
    }

    List<Integer> served = new ArrayList<>();
    for (int i = 11; i <= 13; i++) {
      scene.getOf("mill", i);
      served.addAll(servedOneByOne(2));
    }

    assertThat(served).containsExactly(1, 11, 2, 12, 3, 13);
  }

  /** Or a user that asks for more than its share would never be served again. */
  @Test
  void requestsThatExpireCostTheirUserNoTurn() {
    scene = new RouterScene(RouterScene::roomy);
    scene.heartbeat(AGENT_1, 1, 1);
    for (int i = 1; i <= 8; i++) {
      scene.get(i);
    }
    scene.at(9_999);
    scene.get(9);
    scene.getOf("mill", 11);
    scene.getOf("mill", 12);
    scene.tick(10_000); // the first eight are too old

    scene.get(21);
    scene.get(22);

    assertThat(servedOneByOne(5)).containsExactly(9, 11, 12, 21, 22);
  }

  /** However many turns there were before the room was empty. */
  @Test
  void aRequestThatIsRejectedComesBeforeAllThatCameAfterIt() {
    scene = new RouterScene(RouterScene::roomy);
    scene.heartbeat(AGENT_1, 1, 1);
    for (int i = 1; i <= 4; i++) {
      scene.get(i);
    }
    servedOneByOne(3);
    assertThat(scene.heartbeat(AGENT_1, 1, 0)).containsExactly("dispatch r4 as b4 to plant1");
    scene.heartbeat(AGENT_1, 0, 0);
    scene.get(5);
    scene.getOf("mill", 6);

    scene.undelivered(4, Undelivered.REJECTED);

    assertThat(scene.heartbeat(AGENT_1, 1, 0)).hasSize(1).first().asString().contains("r4 as b");
  }

  /** Lets an agent serve so many that wait, one after the other; their numbers. */
  private List<Integer> servedOneByOne(int number) {
    List<Integer> served = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      String dispatch = scene.heartbeat(AGENT_1, 1, 0).get(0);
      Matcher matcher = Pattern.compile("dispatch r(\\d+) as b(\\d+) to plant1").matcher(dispatch);
      assertThat(matcher.matches()).as(dispatch).isTrue();
      served.add(Integer.parseInt(matcher.group(1)));
      scene.heartbeat(AGENT_1, 0, 0); // so that its answer frees nothing
      scene.response(
          Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)), AGENT_1);
    }
    return served;
  }

  @Test
  void whileOthersWantInATargetHoldsItsShareOfTheBroker() {
    scene = new RouterScene(RouterScene::roomy);
    scene.heartbeat(AGENT_1, 100, 0);
    scene.heartbeatElsewhere(AGENT_2);
    scene.getElsewhere(1);
    int taken = takenUntilRefused("upstream_busy");

    assertThat(taken).as("13 held, and 26 free").isEqualTo(13);
    assertThat(scene.exceeded).containsExactly("TARGET orders IN_FLIGHT");
  }

  /** Requests from r2 on that were not refused so; 40 is all that there is room for. */
  private int takenUntilRefused(String code) {
    int taken = 0;
    while (taken < 40 && !scene.get(2 + taken).contains("refuse r" + (2 + taken) + " " + code)) {
      taken++;
    }
    return taken;
  }

  @Test
  void whileOthersWantInAUserHoldsItsShareOfTheBroker() {
    scene = new RouterScene(RouterScene::roomy);
    scene.heartbeat(AGENT_1, 100, 0);
    scene.getOf("mill", 1);
    int taken = takenUntilRefused("overloaded");

    assertThat(taken).isEqualTo(13);
    assertThat(scene.exceeded).containsExactly("USER acme IN_FLIGHT");
    assertThat(scene.getOf("mill", 50)).contains("ack r50").doesNotContain("refuse r50 overloaded");
  }

  @Test
  void whileOthersWantInAUserHoldsItsShareOfTheWaitingRoom() {
    scene = new RouterScene(RouterScene::roomy);
    scene.heartbeat(AGENT_1, 1, 1);
    scene.getOf("mill", 1);
    int taken = takenUntilRefused("upstream_busy");

    assertThat(taken).as("6 of 20, and 13 free").isEqualTo(7);
    assertThat(scene.exceeded).containsExactly("USER acme WAITING");
  }

  @Test
  void roundRobinAlsoWhenEachAnswersAtOnce() {
    scene.heartbeat(AGENT_1, 10, 0);
    scene.heartbeat(AGENT_2, 10, 0);

    assertThat(scene.get(1)).contains("dispatch r1 as b1 to plant1");
    scene.response(1, 1, AGENT_1);
    assertThat(scene.get(2)).contains("dispatch r2 as b2 to plant2");
    scene.response(2, 2, AGENT_2);
    assertThat(scene.get(3)).contains("dispatch r3 as b3 to plant1");
  }

  @Test
  void whatOthersHaveAtTheAgentTakesSlots() {
    scene.heartbeat(AGENT_1, 3, 2);

    assertThat(scene.get(1)).contains("dispatch r1 as b1 to plant1");
    assertThat(scene.get(2)).containsExactly("ack r2");
  }

  @Test
  void ownRequestsInAHeartbeatAreNotCountedTwice() {
    scene.heartbeat(AGENT_1, 3, 0);
    scene.get(1);
    scene.get(2);
    scene.heartbeat(AGENT_1, 3, 2);

    assertThat(scene.get(3)).contains("dispatch r3 as b3 to plant1");
    assertThat(scene.get(4)).containsExactly("ack r4");
  }

  /** It would take them for requests of other brokers, and hold their slots until the next one. */
  @Test
  void ownRequestsThatEndWhileAHeartbeatIsOnItsWayAreNotCounted() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.response(1, 1, AGENT_1);
    scene.heartbeat(AGENT_1, 1, 1);

    assertThat(scene.get(2)).contains("dispatch r2 as b2 to plant1");
  }

  @Test
  void whatEndedLongBeforeAHeartbeatIsNotInItsNumber() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.response(1, 1, AGENT_1);
    scene.tick(50);
    scene.tick(100);
    scene.heartbeat(AGENT_1, 1, 1);

    assertThat(scene.get(2)).containsExactly("ack r2");
  }

  /** Else what ended long ago would be in the number of heartbeats that come much later. */
  @Test
  void itIsQuietOnlyOnceTicksHaveForgottenWhatEnded() {
    scene.heartbeat(AGENT_1, 1, 0);
    assertThat(scene.router.isQuiet()).isTrue();
    scene.get(1);
    scene.response(1, 1, AGENT_1);
    assertThat(scene.router.isIdle()).isTrue();
    assertThat(scene.router.isQuiet()).isFalse();
    scene.tick(50);
    assertThat(scene.router.isQuiet()).isFalse();
    scene.tick(100);
    assertThat(scene.router.isQuiet()).isTrue();
  }

  @Test
  void slotFreedAtAFullAgentIsFreeAtOnce() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.heartbeat(AGENT_1, AgentState.FULL, 1, 1);
    scene.get(2);

    assertThat(scene.response(1, 1, AGENT_1))
        .containsExactly("respond r1", "dispatch r2 as b2 to plant1");
  }

  @Test
  void goneAgentGetsNothingNew() {
    scene.heartbeat(AGENT_1, 10, 0);
    scene.heartbeat(AGENT_1, AgentState.GONE, 10, 0);

    assertThat(scene.get(1)).containsExactly("ack r1");
    assertThat(scene.heartbeat(AGENT_1, 10, 0)).containsExactly("dispatch r1 as b1 to plant1");
  }

  @Test
  void forgottenAgentGetsNothing() {
    scene.heartbeat(AGENT_1, 10, 0);
    scene.tick(6_000);

    assertThat(scene.router.stats().agents()).isZero();
    assertThat(scene.get(1)).containsExactly("ack r1");
  }

  @Test
  void agentOfAnotherTargetGetsNothing() {
    RouterScene other = new RouterScene(limits -> limits);
    ClientRequest request =
        new ClientRequest(
            RouterScene.CLIENT,
            RouterScene.id(1),
            10_000,
            new Request("billing", "GET", "/", Headers.EMPTY, Body.ABSENT));
    other.heartbeat(AGENT_1, 10, 0);

    assertThat(other.receive(request, other.delivery())).containsExactly("ack r1");
  }

  @Test
  void excusedTimeDoesNotCountForTheWait() {
    scene.get(1);
    scene.router.excuse(Duration.ofSeconds(3).toNanos());

    assertThat(scene.tick(12_999)).isEmpty();
    assertThat(scene.tick(13_000)).containsExactly("refuse r1 no_upstream_agent");
  }

  @Test
  void excusedTimeDoesNotCountForTheCheckTheReplyAndTheHeartbeats() {
    scene.heartbeat(AGENT_1, 10, 0);
    scene.get(1);
    scene.published(1, DispatchOutcome.CONFIRMED);
    scene.get(2);
    scene.ack(2, AGENT_1);
    scene.router.excuse(Duration.ofSeconds(20).toNanos());

    assertThat(scene.tick(23_999)).isEmpty();
    assertThat(scene.router.stats().agents()).isEqualTo(1);
    scene.tick(24_000);
    assertThat(scene.router.stats().holds().waiting()).isEqualTo(1); // r1's check
    scene.heartbeat(AGENT_1, 1, 1);
    for (long millis = 26_000; millis < 45_000; millis += 2_000) {
      scene.at(millis).heartbeat(AGENT_1, 1, 1);
    }
    assertThat(scene.tick(44_999)).doesNotContain("refuse r2 upstream_reply_timeout");
    assertThat(scene.tick(45_000)).contains("refuse r2 upstream_reply_timeout");
  }

  @Test
  void excusedTimeCountsForTheRequestsOwnDeadline() {
    scene.receive(RouterScene.request(1, "GET", 2_000), scene.delivery());
    scene.router.excuse(Duration.ofSeconds(5).toNanos());

    assertThat(scene.tick(1_750)).containsExactly("refuse r1 no_upstream_agent");
  }

  private static ClientRequest withBody(int number, int bytes) {
    String method = number == 2 ? "POST" : "GET";
    return new ClientRequest(
        RouterScene.CLIENT,
        RouterScene.id(number),
        10_000,
        new Request(RouterScene.TARGET, method, "/", Headers.EMPTY, Body.of(new byte[bytes])));
  }
}
