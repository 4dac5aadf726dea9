package io.github.httplongcut.cli.status;

import static io.github.httplongcut.cli.status.StatusFixture.AGENT;
import static io.github.httplongcut.cli.status.StatusFixture.CLIENT;
import static io.github.httplongcut.cli.status.StatusFixture.TARGET;
import static io.github.httplongcut.cli.status.StatusFixture.broker;
import static io.github.httplongcut.cli.status.StatusFixture.view;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MergedViewsTest {

  private static final String URL = "http://127.0.0.1:8002";
  private static final String ONE = "broker-1-aaaaaa";
  private static final String TWO = "broker-2-bbbbbb";

  @Test
  void numbersOfATargetAreSummedUpButAgentsAreTheSame() {
    TargetRow target = merged(broker(ONE), broker(TWO)).targets().get(0);

    assertThat(target.name()).isEqualTo("orders");
    assertThat(target.agents()).isEqualTo(1);
    assertThat(target.capacity()).isEqualTo(4);
    assertThat(target.free()).isEqualTo(2);
    assertThat(target.inFlight()).isEqualTo(4);
    assertThat(target.answered()).isEqualTo(246);
    assertThat(target.failed()).isEqualTo(8);
    assertThat(target.health()).isEqualTo(Health.WELL);
    assertThat(target.why()).isEmpty();
  }

  @Test
  void worstStateOfATargetCountsAndTheBrokerIsNamed() {
    String noAgent =
        TARGET
            .replace("\"ok\"", "\"no_agent\"")
            .replace("\"reason\": \"\"", "\"reason\": \"no agent since 14:02\"");

    TargetRow target = merged(broker(ONE), broker(TWO, noAgent, AGENT, CLIENT)).targets().get(0);

    assertThat(target.state()).isEqualTo("no_agent");
    assertThat(target.health()).isEqualTo(Health.PROBLEM);
    assertThat(target.why()).isEqualTo("broker." + TWO + ": no agent since 14:02");
  }

  @ParameterizedTest
  @CsvSource({
    "ok, 0, true, WELL",
    "full, 0, true, NOTE",
    "full, 1, true, PROBLEM",
    "failing, 0, true, PROBLEM",
    "no_agent, 0, false, NOTE",
    "no_agent, 0, true, PROBLEM",
    "exploded, 0, true, PROBLEM"
  })
  void healthOfATargetIsNotUpToItsCallers(
      String state, int waiting, boolean served, Health health) {
    String target =
        TARGET
            .replace("\"ok\"", '"' + state + '"')
            .replaceFirst("\"waiting\": \\d+", "\"waiting\": " + waiting)
            .replace("\"served\": true", "\"served\": " + served);

    assertThat(merged(broker(ONE, target, AGENT, CLIENT)).targets().get(0).health())
        .isEqualTo(health);
  }

  @Test
  void reasonOnWhichTheBrokersAgreeIsSaidOnce() {
    String full = TARGET.replace("\"reason\": \"\"", "\"reason\": \"all slots taken\"");

    assertThat(
            merged(broker(ONE, full, AGENT, CLIENT), broker(TWO, full, AGENT, CLIENT))
                .targets()
                .get(0)
                .why())
        .isEqualTo("all slots taken");
  }

  @Test
  void agentThatOnlyOneBrokerSeesIsAProblem() {
    UpstreamAgentRow agent =
        merged(broker(ONE), broker(TWO, TARGET, "", CLIENT)).upstreamAgents().get(0);

    assertThat(agent.health()).isEqualTo(Health.PROBLEM);
    assertThat(agent.why()).isEqualTo("only seen by broker." + ONE);
    assertThat(agent.seenBy()).containsExactly("broker." + ONE);
  }

  @Test
  void brokersForgetAnAgentThatLeavesAtDifferentTimes() {
    String gone = AGENT.replace("\"ready\"", "\"gone\"");

    assertThat(
            merged(broker(ONE, TARGET, gone, CLIENT), broker(TWO, TARGET, "", CLIENT))
                .upstreamAgents()
                .get(0)
                .health())
        .isEqualTo(Health.NOTE);
  }

  @Test
  void aBrokerThatLeavesAgentsOutMayHaveLeftThisOneOut() {
    String truncated =
        broker(TWO, TARGET, "", CLIENT).replace("\"upstream_agents\": 0", "\"upstream_agents\": 7");

    MergedViews merged = merged(broker(ONE), truncated);

    assertThat(merged.upstreamAgents().get(0).health()).isEqualTo(Health.WELL);
    assertThat(merged.truncated()).isEqualTo(7);
  }

  @Test
  void agentOfSeveralTargetsHasARowForEach() {
    assertThat(
            merged(
                    broker(
                        ONE,
                        TARGET,
                        AGENT + "," + AGENT.replace("\"orders\"", "\"billing\""),
                        CLIENT))
                .upstreamAgents())
        .extracting(UpstreamAgentRow::target)
        .containsExactly("billing", "orders");
  }

  @ParameterizedTest
  @CsvSource({
    "ready, good, WELL",
    "full, good, NOTE",
    "draining, good, NOTE",
    "gone, good, NOTE",
    "exploded, good, PROBLEM",
    "ready, suspect, PROBLEM",
    "full, failing, PROBLEM"
  })
  void healthOfAnAgentIsThatOfItsStateAndStanding(String state, String standing, Health health) {
    String agent =
        AGENT.replace("\"ready\"", '"' + state + '"').replace("\"good\"", '"' + standing + '"');

    assertThat(merged(broker(ONE, TARGET, agent, CLIENT)).upstreamAgents().get(0).health())
        .isEqualTo(health);
  }

  @Test
  void clientAgentCallsEachBrokerNowAndThen() {
    String other = CLIENT.replace("120", "90000");

    ClientAgentRow agent =
        merged(broker(ONE), broker(TWO, TARGET, AGENT, other)).clientAgents().get(0);

    assertThat(agent.requests()).isEqualTo(24);
    assertThat(agent.lastRequestMs()).isEqualTo(120);
    assertThat(agent.health()).isEqualTo(Health.WELL);
  }

  @Test
  void answerOfAnotherFormHasNoRows() {
    MergedViews merged = merged("{\"targets\": 7, \"upstream_agents\": \"x\"}", "[]");

    assertThat(merged.targets()).isEmpty();
    assertThat(merged.upstreamAgents()).isEmpty();
    assertThat(merged.clientAgents()).isEmpty();
  }

  private static MergedViews merged(String... pages) {
    return new MergedViews(
        IntStream.range(0, pages.length)
            .mapToObj(i -> StatusFixture.view("http://127.0.0.1:" + i, pages[i]))
            .toList());
  }

  @Test
  void brokerIsJudgedByItsConnectionItsIntakeAndItsClock() {
    assertThat(view(URL, broker(ONE)).row().health()).isEqualTo(Health.WELL);

    BrokerRow blocked =
        view(
                URL,
                broker(ONE)
                    .replace(
                        "{\"state\": \"up\", \"detail\": \"\"}",
                        "{\"state\": \"blocked\", \"detail\": \"disk alarm\"}"))
            .row();
    assertThat(blocked.health()).isEqualTo(Health.PROBLEM);
    assertThat(blocked.why()).isEqualTo("RabbitMQ is blocked (disk alarm)");

    BrokerRow draining = view(URL, broker(ONE).replace("\"open\"", "\"draining\"")).row();
    assertThat(draining.health()).isEqualTo(Health.NOTE);
    assertThat(draining.why()).isEqualTo("takes no requests: draining");

    BrokerRow stuck = view(URL, broker(ONE).replace("18:00:01.500Z", "18:00:31.500Z")).row();
    assertThat(stuck.health()).isEqualTo(Health.PROBLEM);
    assertThat(stuck.why()).startsWith("its state is 30 s old: its loop is stuck");
  }

  @Test
  void brokersRowHasItsRequests() {
    BrokerRow row = view(URL, broker(ONE)).row();

    assertThat(row.name()).isEqualTo("broker." + ONE);
    assertThat(row.waiting()).isEqualTo(1);
    assertThat(row.running()).isEqualTo(3);
    assertThat(row.inFlight()).isEqualTo(4);
  }
}
