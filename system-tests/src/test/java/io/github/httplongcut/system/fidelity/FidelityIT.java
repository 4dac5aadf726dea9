package io.github.httplongcut.system.fidelity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.system.fidelity.Case.ExpectedOutcome;
import io.github.httplongcut.system.fidelity.Case.Failed;
import io.github.httplongcut.system.fidelity.Case.Normalized;
import io.github.httplongcut.system.fidelity.Case.Refused;
import io.github.httplongcut.system.fidelity.Case.Same;
import io.github.httplongcut.system.fidelity.RawCaller.Received;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs every case directly and through the relay and compares the messages. docs/fidelity.md
 * summarizes the results.
 */
@ExtendWith(RabbitMqExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
@Tag("any-rabbitmq")
class FidelityIT {

  private final RabbitMq rabbitMq;
  private RawUpstream upstream;
  private FidelityRelay relay;

  FidelityIT(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  @BeforeAll
  void begin() throws IOException {
    rabbitMq.purge();
    upstream = new RawUpstream();
    relay = new FidelityRelay(rabbitMq, upstream);
  }

  @AfterAll
  void end() {
    if (relay != null) {
      relay.close();
    }
    upstream.close();
  }

  static Stream<Case> cases() {
    return Stream.of(
            RequestLineCases.all(),
            RequestFieldCases.all(),
            BodyCases.all(),
            ResponseCases.all(),
            ConnectionCases.all(),
            RefusalCases.all(),
            FaultCases.all(),
            NormalizedCases.all())
        .flatMap(all -> all);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void relayedMessagesAreAsExpected(Case script) throws IOException {
    ExpectedOutcome outcome = script.outcome();
    if (outcome instanceof Same same) {
      compare(script, same, script);
    } else if (outcome instanceof Normalized normalized) {
      compare(script, new Same(List.of(), List.of(), false), normalized.proper());
    } else if (outcome instanceof Failed failed) {
      assertOwnAnswer(script, failed.status(), failed.code(), 1);
    } else if (outcome instanceof Refused refused) {
      assertOwnAnswer(script, refused.status(), refused.code(), 0);
    } else {
      assertConnectionClosed(script);
    }
  }

  private void assertConnectionClosed(Case script) {
    upstream.answers(script.answers());
    assertThatThrownBy(() -> RawCaller.call(relay.port(script.mode()), script))
        .as(script.name())
        .hasMessageContaining("closed without a response");
    assertThat(upstream.seen()).as(script.name()).isEmpty();
  }

  private void compare(Case script, Same same, Case direct) throws IOException {
    upstream.answers(direct.answers());
    Received directResponses = RawCaller.call(upstream.port(), directly(direct));
    List<RawMessage> directRequests = upstream.seen();
    upstream.answers(script.answers());
    Received responses = RawCaller.call(relay.port(script.mode()), script);
    List<RawMessage> requests = upstream.seen();
    Expected expected = new Expected(upstream.authority(), relay.pseudonym(script.mode()));

    assertSame(
        script.name() + ": requests at the upstream server",
        requests,
        directRequests.stream()
            .map(each -> expected.request(each, script.mode(), same.inRequest()))
            .toList());
    assertSame(
        script.name() + ": responses at the caller",
        Expected.withPlaceholders(responses.answers()),
        directResponses.answers().stream()
            .map(each -> expected.response(each, same.inResponse()))
            .toList());
    if (same.interimDropped()) {
      assertThat(directResponses.interim()).isNotEmpty();
      assertThat(responses.interim()).isEmpty();
    } else {
      assertSame(
          script.name() + ": interim responses", responses.interim(), directResponses.interim());
    }
  }

  /** The case for a direct call, in which the upstream server need not close the connection. */
  private static Case directly(Case script) {
    return new Case(
        script.name(),
        script.mode(),
        script.sends(),
        script.expectedAnswers(),
        false,
        script.answers(),
        script.outcome());
  }

  private static void assertSame(
      String description, List<RawMessage> actual, List<RawMessage> expected) {
    assertThat(actual.stream().map(RawMessage::comparable).toList())
        .as(description)
        .isEqualTo(expected.stream().map(RawMessage::comparable).toList());
    assertThat(actual.stream().map(RawMessage::body).toList().equals(bodies(expected)))
        .as("%s: bodies", description)
        .isTrue();
  }

  private static List<String> bodies(List<RawMessage> messages) {
    return messages.stream().map(RawMessage::body).toList();
  }

  private void assertOwnAnswer(Case script, int status, String code, int relayedRequests)
      throws IOException {
    upstream.answers(script.answers());
    Received responses = RawCaller.call(relay.port(script.mode()), script);

    RawMessage last = responses.answers().get(responses.answers().size() - 1);
    assertThat(last.status()).as("%s: %s", script.name(), last).isEqualTo(status);
    assertThat(last.values("Longcut-Error")).containsExactly(code);
    assertThat(last.values("Date")).hasSize(1);
    assertThat(last.values("Longcut-Request-Id")).hasSize(1);
    assertThat(last.values("Content-Type")).containsExactly("application/problem+json");
    if (!script.method().equals("HEAD")) {
      assertThat(last.body()).contains("\"code\":\"" + code + "\"");
    }
    int reached = responses.answers().size() - 1 + relayedRequests;
    assertThat(upstream.seen())
        .as("%s: requests at the upstream server", script.name())
        .hasSize(reached);
  }

  /** A real loop: the upstream target is the client agent itself. */
  @Test
  void requestThatReturnsToItsClientAgentIs508() throws IOException {
    upstream.answers(List.of(ServerAnswer.OK));

    Case loop = Case.of("a loop", Case.head("GET / HTTP/1.1", "Host: loop.example"));
    RawMessage answer = RawCaller.call(relay.port(loop.mode()), loop).answers().get(0);

    assertThat(answer.status()).as("%s", answer).isEqualTo(508);
    assertThat(answer.body()).contains("\"code\":\"loop_detected\"");
    assertThat(upstream.seen()).isEmpty();
  }

  @Test
  void requestWithTheClientAgentsOwnViaIs508() throws IOException {
    String via =
        "Via: 1.1 a.example, 1.1 " + relay.pseudonym(Case.ForwardedMode.REPLACE) + " (again)";
    Case loop =
        Case.of("", Case.head("GET / HTTP/1.1", "Host: caller.example", via))
            .refused(508, "loop_detected");

    relayedMessagesAreAsExpected(loop);
  }

  /** The one difference that the comparison ignores. */
  @Test
  void undertowLosesTheOrderOfDifferentFieldNames() throws IOException {
    List<String> names = IntStream.range(0, 30).mapToObj(i -> "X-" + (100 - i)).toList();
    String fields = String.join(": a\r\n", names) + ": a";
    upstream.answers(
        List.of(ServerAnswer.of(Case.head("HTTP/1.1 200 OK", fields, "Content-Length: 0"))));

    Case ordered = Case.of("", Case.head("GET / HTTP/1.1", "Host: caller.example", fields));
    Received responses = RawCaller.call(relay.port(ordered.mode()), ordered);

    assertThat(ours(upstream.seen().get(0)))
        .containsExactlyInAnyOrderElementsOf(names)
        .isNotEqualTo(names);
    assertThat(ours(responses.answers().get(0)))
        .containsExactlyInAnyOrderElementsOf(names)
        .isNotEqualTo(names);
  }

  private static List<String> ours(RawMessage message) {
    return message.fields().stream()
        .map(RawMessage.Field::name)
        .filter(name -> name.matches("X-\\d+"))
        .toList();
  }
}
