package io.github.httplongcut.broker.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.Ran.Facts;
import io.github.httplongcut.broker.core.Ran.Verdict;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The answers of docs/errors.md, "Error codes". */
class RanTest {

  private static final ProcessId AGENT_ID = new ProcessId("plant", "a-aaaaaa");
  private static final Agent AGENT =
      new Agent(
          new UpstreamHeartbeat(AGENT_ID, "orders", AgentState.READY, 1, 0, 2_000, "1"), 1, 0);
  private static final Stage WAITING = new Stage.Waiting(0);
  private static final Stage DISPATCHED =
      new Stage.Dispatched(new UUID(0, 1), AGENT, Optional.empty());
  private static final Stage RUNNING = new Stage.Running(new UUID(0, 1), AGENT, 0);

  @ParameterizedTest
  @CsvSource({
    "bad_request, NO",
    "target_forbidden, NO",
    "no_route, NO",
    "method_not_allowed, NO",
    "read_timeout, NO",
    "request_too_large, NO",
    "url_too_long, NO",
    "headers_too_large, NO",
    "internal_error, MAYBE",
    "not_implemented, MAYBE",
    "upstream_unreachable, NO",
    "upstream_protocol_error, MAYBE",
    "response_too_large, YES",
    "upstream_agent_lost, MAYBE",
    "overloaded, NO",
    "upstream_busy, NO",
    "no_upstream_agent, NO",
    "broker_unavailable, NO",
    "broker_ack_timeout, MAYBE",
    "upstream_ack_timeout, MAYBE",
    "upstream_reply_timeout, MAYBE",
    "upstream_timeout, MAYBE",
    "request_timeout, MAYBE",
    "loop_detected, NO",
    "not_run, NO"
  })
  void codeOfADispatchedRequestDecides(String code, Verdict expected) {
    Ran ran = Ran.ofEnded(failed(code), new Facts(RUNNING, true, false));

    assertThat(ran.verdict()).isEqualTo(expected);
    assertThat(ran.why()).isNotEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void requestThatWasNeverDispatchedHasNotRun(Failure failure) {
    Ran ran = Ran.ofEnded(failed(failure.code()), new Facts(WAITING, false, false));

    assertThat(ran).isEqualTo(new Ran(Verdict.NO, "it was never sent to an upstream agent"));
  }

  @Test
  void answeredRequestHasRun() {
    assertThat(Ran.ofEnded(Ending.answered(404), new Facts(RUNNING, true, true)))
        .isEqualTo(new Ran(Verdict.YES, "the upstream server answered"));
  }

  @Test
  void earlierAttemptTurnsNoIntoMaybe() {
    Facts facts = new Facts(WAITING, true, true);

    assertThat(Ran.ofEnded(failed("upstream_busy"), facts).verdict()).isEqualTo(Verdict.MAYBE);
    assertThat(Ran.ofEnded(failed("response_too_large"), facts).verdict()).isEqualTo(Verdict.YES);
    assertThat(Ran.ofEnded(Ending.cancelled(), facts).verdict()).isEqualTo(Verdict.MAYBE);
    assertThat(Ran.ofInFlight(facts).verdict()).isEqualTo(Verdict.MAYBE);
  }

  @Test
  void abandonedRequestMayHaveRunOnlyIfAnAgentHadIt() {
    for (Ending ending : new Ending[] {Ending.cancelled(), Ending.lost("inbox replaced")}) {
      assertThat(Ran.ofEnded(ending, new Facts(RUNNING, true, false)))
          .isEqualTo(new Ran(Verdict.MAYBE, "upstream agent plant.a-aaaaaa had it"));
      assertThat(Ran.ofEnded(ending, new Facts(DISPATCHED, true, false)).verdict())
          .isEqualTo(Verdict.MAYBE);
      assertThat(Ran.ofEnded(ending, new Facts(WAITING, true, false)))
          .isEqualTo(new Ran(Verdict.NO, "no upstream agent ran it"));
      assertThat(Ran.ofEnded(ending, new Facts(WAITING, false, false)))
          .isEqualTo(new Ran(Verdict.NO, "it was never sent to an upstream agent"));
    }
  }

  @Test
  void requestInFlightMayRunOnceItIsDispatched() {
    assertThat(Ran.ofInFlight(new Facts(WAITING, false, false)).verdict())
        .isEqualTo(Verdict.NOT_YET);
    assertThat(Ran.ofInFlight(new Facts(WAITING, true, false)).verdict())
        .isEqualTo(Verdict.NOT_YET);
    assertThat(Ran.ofInFlight(new Facts(new Stage.Reserved(AGENT), false, false)).verdict())
        .isEqualTo(Verdict.NOT_YET);
    assertThat(Ran.ofInFlight(new Facts(DISPATCHED, true, false)))
        .isEqualTo(
            new Ran(
                Verdict.MAYBE, "it was sent to upstream agent plant.a-aaaaaa, without an ack yet"));
    assertThat(Ran.ofInFlight(new Facts(RUNNING, true, false)))
        .isEqualTo(new Ran(Verdict.MAYBE, "upstream agent plant.a-aaaaaa is running it"));
  }

  private static Ending failed(String code) {
    return Ending.failed(
        new EventError(Failure.ofCode(code).orElseThrow(), "why", Hop.UPSTREAM_AGENT));
  }
}
