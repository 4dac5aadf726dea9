package io.github.httplongcut.broker.core;

import static io.github.httplongcut.broker.core.RouterFixture.AGENT_1;
import static io.github.httplongcut.broker.core.RouterFixture.AGENT_2;
import static io.github.httplongcut.broker.core.RouterFixture.AGENT_3;
import static io.github.httplongcut.broker.core.RouterFixture.CLIENT;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.RouterFixture.TestReceipt;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Waiting room, limits, and choice of the agent. */
class RouterWaitingTest {

  private RouterFixture fixture = new RouterFixture();

  @AfterEach
  void idleRouterHoldsNothing() {
    if (fixture.router.isIdle()) {
      assertThat(fixture.router.leftovers()).isZero();
    }
  }

  @Test
  void waitingRequestIsNotSettled() {
    TestReceipt delivery = fixture.delivery();
    assertThat(fixture.receive(1, "POST", delivery)).containsExactly("ack r1");

    assertThat(fixture.heartbeat(AGENT_1, 1, 0)).containsExactly("settle d1");
    assertThat(fixture.settled(delivery)).containsExactly("dispatch r1 as b1 to plant1");
  }

  @Test
  void requestsAreServedInTheOrderOfReception() {
    fixture.get(1);
    fixture.get(2);
    fixture.get(3);

    assertThat(fixture.heartbeat(AGENT_1, 2, 0))
        .containsExactly("dispatch r1 as b1 to plant1", "dispatch r2 as b2 to plant1");
    assertThat(fixture.response(2, 2, AGENT_1))
        .containsExactly("respond r2", "dispatch r3 as b3 to plant1");
  }

  @Test
  void noAgentWithinTheWaitTimeoutIsNoUpstreamAgent() {
    fixture.get(1);

    assertThat(fixture.tick(9_999)).isEmpty();
    assertThat(fixture.tick(10_000)).containsExactly("refuse r1 no_upstream_agent");
    assertThat(fixture.router.isIdle()).isTrue();
  }

  @Test
  void drainingAgentDoesNotCount() {
    fixture.at(9_000).heartbeat(AGENT_1, AgentState.DRAINING, 10, 0);
    fixture.at(0).get(1);

    assertThat(fixture.tick(10_000)).containsExactly("refuse r1 no_upstream_agent");
  }

  @Test
  void fullAgentsForTheWaitTimeoutAreUpstreamBusy() {
    fixture.get(1);
    fixture.at(9_000).heartbeat(AGENT_1, AgentState.FULL, 10, 10);

    assertThat(fixture.tick(10_000)).containsExactly("refuse r1 upstream_busy");
  }

  @Test
  void nonRepeatableRequestIsSettledBeforeItIsRefused() {
    TestReceipt delivery = fixture.delivery();
    fixture.receive(1, "POST", delivery);

    assertThat(fixture.tick(10_000)).containsExactly("settle d1");
    assertThat(fixture.heartbeat(AGENT_1, 10, 0)).isEmpty(); // too late
    assertThat(fixture.settled(delivery)).containsExactly("refuse r1 no_upstream_agent");
    assertThat(fixture.router.isIdle()).isTrue();
  }

  @Test
  void waitTimeoutCoversAllStaysTogether() {
    fixture.get(1);
    fixture.at(6_000).heartbeat(AGENT_1, 1, 0);
    fixture.at(7_000).undelivered(1, Undelivered.REJECTED);

    assertThat(fixture.tick(10_999)).isEmpty();
    assertThat(fixture.tick(11_000)).containsExactly("refuse r1 upstream_busy");
  }

  @Test
  void waitingRequestIsRefusedAtItsDeadline() {
    fixture.receive(RouterFixture.request(1, "GET", 1_000), fixture.delivery());

    assertThat(fixture.tick(749)).isEmpty();
    assertThat(fixture.tick(750)).containsExactly("refuse r1 no_upstream_agent");
  }

  @Test
  void dispatchedRequestAtItsDeadlineIsAnAckTimeout() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.receive(RouterFixture.request(1, "GET", 1_000), fixture.delivery());

    assertThat(fixture.tick(750)).containsExactly("refuse r1 upstream_ack_timeout");
  }

  @Test
  void runningRequestAtItsDeadlineIsAReplyTimeout() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.receive(RouterFixture.request(1, "GET", 1_000), fixture.delivery());
    fixture.ack(1, AGENT_1);

    assertThat(fixture.tick(750)).containsExactly("refuse r1 upstream_reply_timeout");
  }

  @Test
  void expiredRequestGetsNoAnswer() {
    fixture.receive(RouterFixture.request(1, "GET", 1_000), fixture.delivery());

    assertThat(fixture.tick(1_000)).containsExactly("done d1");
    assertThat(fixture.receive(RouterFixture.request(2, "GET", 0), fixture.delivery()))
        .containsExactly("done d2");
    assertThat(fixture.router.isIdle()).isTrue();
  }

  @Test
  void requestIsNotDispatchedWithoutTimeForTheAgent() {
    fixture.heartbeat(AGENT_1, 1, 0);

    assertThat(fixture.receive(RouterFixture.request(1, "GET", 250), fixture.delivery()))
        .containsExactly("ack r1", "refuse r1 upstream_busy");
  }

  @Test
  void fullWaitingRoomRefusesAtOnce() {
    fixture.get(1);
    fixture.get(2);
    fixture.get(3);

    assertThat(fixture.get(4)).containsExactly("ack r4", "refuse r4 upstream_busy");
    assertThat(fixture.post(5)).containsExactly("ack r5", "settle d5");
  }

  /** The limit applies once all agents have had the time to send a heartbeat. */
  @Test
  void targetWithoutAnAgentHasALimitOfItsOwn() {
    fixture.consuming();
    fixture.at(1_999);
    fixture.get(1);
    fixture.get(2);
    assertThat(fixture.get(3)).containsExactly("ack r3");
    fixture.cancel(3, CLIENT);

    fixture.at(2_000);
    assertThat(fixture.get(3)).as("no other target has an agent").containsExactly("ack r3");
    fixture.cancel(3, CLIENT);
    fixture.heartbeatElsewhere(AGENT_2);
    assertThat(fixture.get(4)).containsExactly("ack r4", "refuse r4 upstream_busy");
    assertThat(fixture.getElsewhere(5)).containsExactly("ack r5");
    fixture.cancel(5, CLIENT);
    fixture.at(12_001); // the other target's last request is long ago
    fixture.heartbeat(AGENT_1, 1, 1);
    assertThat(fixture.get(6))
        .as("the target has an agent now, a full one")
        .containsExactly("ack r6");
  }

  @Test
  void whileOthersWaitATargetGetsHalfOfTheFreePlaces() {
    fixture.getElsewhere(1);
    assertThat(fixture.get(2)).as("one place always").containsExactly("ack r2");

    assertThat(fixture.get(3)).containsExactly("ack r3", "refuse r3 upstream_busy");

    fixture.cancel(1, CLIENT);
    assertThat(fixture.get(4))
        .as("another target had a request a moment ago")
        .contains("refuse r4 upstream_busy");
    fixture.at(10_000);
    assertThat(fixture.get(4)).as("no other target has requests").containsExactly("ack r4");
  }

  @Test
  void rejectedRequestMayExceedTheWaitingRoom() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.get(2);
    fixture.get(3);
    fixture.get(4);

    assertThat(fixture.undelivered(1, Undelivered.REJECTED)).isEmpty();
    assertThat(fixture.heartbeat(AGENT_1, 1, 0)).containsExactly("dispatch r1 as b5 to plant1");
  }

  @Test
  void overloadedAboveMaxInFlight() {
    fixture.heartbeat(AGENT_1, 100, 0);
    for (int i = 1; i <= 6; i++) {
      fixture.get(i);
    }

    assertThat(fixture.get(7)).containsExactly("ack r7", "refuse r7 overloaded");
    fixture.response(1, 1, AGENT_1);
    assertThat(fixture.get(8)).containsExactly("ack r8", "dispatch r8 as b8 to plant1");
  }

  @Test
  void overloadedAboveMaxInFlightBytes() {
    fixture.heartbeat(AGENT_1, 100, 0);
    assertThat(fixture.receive(withBody(1, 600_000), fixture.delivery()))
        .contains("dispatch r1 as b1 to plant1");
    assertThat(fixture.receive(withBody(2, 600_000), fixture.delivery()))
        .containsExactly("ack r2", "settle d2");
    fixture.response(1, 1, AGENT_1);
    assertThat(fixture.router.view().stats().inFlightBytes()).isZero();
  }

  @Test
  void duplicateRequestIsDropped() {
    fixture.get(1);
    assertThat(fixture.get(1)).containsExactly("done d2");
  }

  @Test
  void agentWithTheSmallestShareInUseIsNext() {
    fixture.heartbeat(AGENT_1, 2, 1);
    fixture.heartbeat(AGENT_2, 10, 4);

    assertThat(fixture.get(1)).contains("dispatch r1 as b1 to plant2"); // 0.4 and 0.5
    assertThat(fixture.get(2)).contains("dispatch r2 as b2 to plant1"); // 0.5 and 0.5: longest ago
    assertThat(fixture.get(3)).contains("dispatch r3 as b3 to plant2");
  }

  @Test
  void roundRobinAmongEquals() {
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.heartbeat(AGENT_2, 10, 0);
    fixture.heartbeat(AGENT_3, 10, 0);

    assertThat(fixture.get(1)).contains("dispatch r1 as b1 to plant1");
    assertThat(fixture.get(2)).contains("dispatch r2 as b2 to plant3");
    assertThat(fixture.get(3)).contains("dispatch r3 as b3 to plant2");
  }

  /** Users are served by turns, so that nobody waits until all requests of the first are served. */
  @Test
  void usersAreServedInTurn() {
    fixture = new RouterFixture(RouterFixture::largeLimits);
    fixture.heartbeat(AGENT_1, 1, 1);
    for (int i = 1; i <= 5; i++) {
      fixture.get(i);
    }
    fixture.getOf("mill", 6);
    fixture.getOf("mill", 7);
    fixture.getOf("works", 8);

    assertThat(servedOneByOne(8)).containsExactly(1, 6, 8, 2, 7, 3, 4, 5);
  }

  @Test
  void userWithOneRequestAtATimeIsServedEveryOtherTurn() {
    fixture = new RouterFixture(RouterFixture::largeLimits);
    fixture.heartbeat(AGENT_1, 1, 1);
    for (int i = 1; i <= 3; i++) {
      fixture.get(i);
    }

    List<Integer> served = new ArrayList<>();
    for (int i = 11; i <= 13; i++) {
      fixture.getOf("mill", i);
      served.addAll(servedOneByOne(2));
    }

    assertThat(served).containsExactly(1, 11, 2, 12, 3, 13);
  }

  /** Expired requests do not count, or a user with too many would never be served again. */
  @Test
  void requestsThatExpireCostTheirUserNoTurn() {
    fixture = new RouterFixture(RouterFixture::largeLimits);
    fixture.heartbeat(AGENT_1, 1, 1);
    for (int i = 1; i <= 8; i++) {
      fixture.get(i);
    }
    fixture.at(9_999);
    fixture.get(9);
    fixture.getOf("mill", 11);
    fixture.getOf("mill", 12);
    fixture.tick(10_000); // the first eight reach their wait timeout

    fixture.get(21);
    fixture.get(22);

    assertThat(servedOneByOne(5)).containsExactly(9, 11, 12, 21, 22);
  }

  @Test
  void rejectedRequestPrecedesAllLaterOnes() {
    fixture = new RouterFixture(RouterFixture::largeLimits);
    fixture.heartbeat(AGENT_1, 1, 1);
    fixture.get(1);
    fixture.get(2);
    fixture.getOf("mill", 3);
    assertThat(fixture.heartbeat(AGENT_1, 1, 0)).containsExactly("dispatch r1 as b1 to plant1");
    fixture.heartbeat(AGENT_1, 0, 0);

    fixture.undelivered(1, Undelivered.REJECTED); // its user has had a turn, mill has not

    assertThat(fixture.heartbeat(AGENT_1, 1, 0)).hasSize(1).first().asString().contains("r1 as b");
  }

  /** A user who is passed over has a low number of turns. New users must not start with it. */
  @Test
  void newUserHasNoAdvantageWhileAnotherUserIsPassedOver() {
    fixture = new RouterFixture(RouterFixture::largeLimits);
    fixture.heartbeat(AGENT_2, 1, 1);
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.error(
        1, 1, Failure.UPSTREAM_UNREACHABLE, AGENT_1); // r1 waits for AGENT_2, which is full
    fixture.tick(1_000);
    for (int i = 11; i <= 16; i++) {
      fixture.getOf("mill", i);
    }
    assertThat(servedOneByOne(3)).containsExactly(11, 12, 13);

    for (int i = 21; i <= 23; i++) {
      fixture.getOf("works", i);
    }

    assertThat(servedOneByOne(6)).containsExactly(21, 14, 22, 15, 23, 16);
  }

  /** Lets an agent serve waiting requests one by one. Returns their numbers. */
  private List<Integer> servedOneByOne(int number) {
    List<Integer> served = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      String dispatch = fixture.heartbeat(AGENT_1, 1, 0).get(0);
      Matcher matcher = Pattern.compile("dispatch r(\\d+) as b(\\d+) to plant1").matcher(dispatch);
      assertThat(matcher.matches()).as(dispatch).isTrue();
      served.add(Integer.parseInt(matcher.group(1)));
      fixture.heartbeat(AGENT_1, 0, 0); // so that the response frees no slot
      fixture.response(
          Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)), AGENT_1);
    }
    return served;
  }

  @Test
  void targetIsLimitedToItsShareWhileOthersHaveRequests() {
    fixture = new RouterFixture(RouterFixture::largeLimits);
    fixture.heartbeat(AGENT_1, 100, 0);
    fixture.heartbeatElsewhere(AGENT_2);
    fixture.getElsewhere(1);
    int taken = acceptedUntilRefused("upstream_busy");

    assertThat(taken).as("13 held, and 26 free").isEqualTo(13);
    assertThat(fixture.exceededShares).containsExactly("TARGET orders IN_FLIGHT");
  }

  /** Receives r2, r3, ... until one is refused. Returns how many were accepted, at most 40. */
  private int acceptedUntilRefused(String code) {
    int taken = 0;
    while (taken < 40 && !fixture.get(2 + taken).contains("refuse r" + (2 + taken) + " " + code)) {
      taken++;
    }
    return taken;
  }

  @Test
  void userIsLimitedToItsShareWhileOthersHaveRequests() {
    fixture = new RouterFixture(RouterFixture::largeLimits);
    fixture.heartbeat(AGENT_1, 100, 0);
    fixture.getOf("mill", 1);
    int taken = acceptedUntilRefused("overloaded");

    assertThat(taken).isEqualTo(13);
    assertThat(fixture.exceededShares).containsExactly("USER acme IN_FLIGHT");
    assertThat(fixture.getOf("mill", 50))
        .contains("ack r50")
        .doesNotContain("refuse r50 overloaded");
  }

  @Test
  void userIsLimitedToItsShareOfTheWaitingRoom() {
    fixture = new RouterFixture(RouterFixture::largeLimits);
    fixture.heartbeat(AGENT_1, 1, 1);
    fixture.getOf("mill", 1);
    int taken = acceptedUntilRefused("upstream_busy");

    assertThat(taken).as("6 of 20, and 13 free").isEqualTo(7);
    assertThat(fixture.exceededShares).containsExactly("USER acme WAITING");
  }

  @Test
  void roundRobinEvenIfEachAnswersAtOnce() {
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.heartbeat(AGENT_2, 10, 0);

    assertThat(fixture.get(1)).contains("dispatch r1 as b1 to plant1");
    fixture.response(1, 1, AGENT_1);
    assertThat(fixture.get(2)).contains("dispatch r2 as b2 to plant2");
    fixture.response(2, 2, AGENT_2);
    assertThat(fixture.get(3)).contains("dispatch r3 as b3 to plant1");
  }

  @Test
  void requestsOfOtherBrokersUseSlots() {
    fixture.heartbeat(AGENT_1, 3, 2);

    assertThat(fixture.get(1)).contains("dispatch r1 as b1 to plant1");
    assertThat(fixture.get(2)).containsExactly("ack r2");
  }

  @Test
  void ownRequestsInAHeartbeatAreNotCountedTwice() {
    fixture.heartbeat(AGENT_1, 3, 0);
    fixture.get(1);
    fixture.get(2);
    fixture.heartbeat(AGENT_1, 3, 2);

    assertThat(fixture.get(3)).contains("dispatch r3 as b3 to plant1");
    assertThat(fixture.get(4)).containsExactly("ack r4");
  }

  /** Otherwise the router would take them for other brokers' requests until the next heartbeat. */
  @Test
  void ownRequestsThatEndWhileAHeartbeatIsOnItsWayAreNotCounted() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.response(1, 1, AGENT_1);
    fixture.heartbeat(AGENT_1, 1, 1);

    assertThat(fixture.get(2)).contains("dispatch r2 as b2 to plant1");
  }

  @Test
  void requestsThatEndedLongBeforeAHeartbeatAreNotSubtracted() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.response(1, 1, AGENT_1);
    fixture.tick(50);
    fixture.tick(100);
    fixture.heartbeat(AGENT_1, 1, 1);

    assertThat(fixture.get(2)).containsExactly("ack r2");
  }

  /** Otherwise requests that ended long ago would be subtracted from a much later heartbeat. */
  @Test
  void routerIsQuietOnlyOnceTicksHaveForgottenEndedRequests() {
    fixture.heartbeat(AGENT_1, 1, 0);
    assertThat(fixture.router.isQuiet()).isTrue();
    fixture.get(1);
    fixture.response(1, 1, AGENT_1);
    assertThat(fixture.router.isIdle()).isTrue();
    assertThat(fixture.router.isQuiet()).isFalse();
    fixture.tick(50);
    assertThat(fixture.router.isQuiet()).isFalse();
    fixture.tick(100);
    assertThat(fixture.router.isQuiet()).isTrue();
  }

  @Test
  void slotReleasedAtAFullAgentIsFreeAtOnce() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.heartbeat(AGENT_1, AgentState.FULL, 1, 1);
    fixture.get(2);

    assertThat(fixture.response(1, 1, AGENT_1))
        .containsExactly("respond r1", "dispatch r2 as b2 to plant1");
  }

  @Test
  void goneAgentGetsNothingNew() {
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.heartbeat(AGENT_1, AgentState.GONE, 10, 0);

    assertThat(fixture.get(1)).containsExactly("ack r1");
    assertThat(fixture.heartbeat(AGENT_1, 10, 0)).containsExactly("dispatch r1 as b1 to plant1");
  }

  @Test
  void forgottenAgentGetsNothing() {
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.tick(6_000);

    assertThat(fixture.router.view().stats().agents()).isZero();
    assertThat(fixture.get(1)).containsExactly("ack r1");
  }

  @Test
  void agentOfAnotherTargetGetsNothing() {
    RouterFixture other = new RouterFixture(limits -> limits);
    ClientRequest request =
        new ClientRequest(
            RouterFixture.CLIENT,
            RouterFixture.id(1),
            10_000,
            new Request("billing", "GET", "/", Headers.EMPTY, Body.ABSENT));
    other.heartbeat(AGENT_1, 10, 0);

    assertThat(other.receive(request, other.delivery())).containsExactly("ack r1");
  }

  @Test
  void excludedTimeDoesNotCountForTheWaitTimeout() {
    fixture.get(1);
    fixture.router.excludeTime(Duration.ofSeconds(3).toNanos());

    assertThat(fixture.tick(12_999)).isEmpty();
    assertThat(fixture.tick(13_000)).containsExactly("refuse r1 no_upstream_agent");
  }

  @Test
  void excludedTimeDoesNotCountForCheckReplyAndHeartbeats() {
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.get(1);
    fixture.published(1, DispatchOutcome.CONFIRMED);
    fixture.get(2);
    fixture.ack(2, AGENT_1);
    fixture.router.excludeTime(Duration.ofSeconds(20).toNanos());

    assertThat(fixture.tick(23_999)).isEmpty();
    assertThat(fixture.router.view().stats().agents()).isEqualTo(1);
    fixture.tick(24_000);
    assertThat(fixture.router.view().stats().requests().waiting()).isEqualTo(1); // r1's check
    fixture.heartbeat(AGENT_1, 1, 1);
    for (long millis = 26_000; millis < 45_000; millis += 2_000) {
      fixture.at(millis).heartbeat(AGENT_1, 1, 1);
    }
    assertThat(fixture.tick(44_999)).doesNotContain("refuse r2 upstream_reply_timeout");
    assertThat(fixture.tick(45_000)).contains("refuse r2 upstream_reply_timeout");
  }

  @Test
  void excludedTimeCountsForTheDeadlineOfTheRequest() {
    fixture.receive(RouterFixture.request(1, "GET", 2_000), fixture.delivery());
    fixture.router.excludeTime(Duration.ofSeconds(5).toNanos());

    assertThat(fixture.tick(1_750)).containsExactly("refuse r1 no_upstream_agent");
  }

  private static ClientRequest withBody(int number, int bytes) {
    String method = number == 2 ? "POST" : "GET";
    return new ClientRequest(
        RouterFixture.CLIENT,
        RouterFixture.id(number),
        10_000,
        new Request(RouterFixture.TARGET, method, "/", Headers.EMPTY, Body.of(new byte[bytes])));
  }
}
