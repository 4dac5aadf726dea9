package io.github.httplongcut.system.fidelity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.system.fidelity.Case.Failed;
import io.github.httplongcut.system.fidelity.Case.Outcome;
import io.github.httplongcut.system.fidelity.Case.Refused;
import io.github.httplongcut.system.fidelity.Case.Same;
import io.github.httplongcut.system.fidelity.Case.Tidied;
import io.github.httplongcut.system.fidelity.RawCaller.Heard;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Plays every case directly and through the relay, and compares; docs/fidelity.md has the sum. */
@ExtendWith(RabbitMqExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
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
            TidiedCases.all())
        .flatMap(all -> all);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void theRelayIsFaithful(Case script) throws IOException {
    Outcome outcome = script.outcome();
    if (outcome instanceof Same same) {
      compare(script, same, script);
    } else if (outcome instanceof Tidied tidied) {
      compare(script, new Same(List.of(), List.of(), false), tidied.proper());
    } else if (outcome instanceof Failed failed) {
      assertOwnAnswer(script, failed.status(), failed.code(), 1);
    } else if (outcome instanceof Refused refused) {
      assertOwnAnswer(script, refused.status(), refused.code(), 0);
    } else {
      assertCutOff(script);
    }
  }

  private void assertCutOff(Case script) {
    upstream.answers(script.answers());
    assertThatThrownBy(() -> RawCaller.call(relay.port(script.agent()), script))
        .as(script.name())
        .hasMessageContaining("closed without an answer");
    assertThat(upstream.seen()).as(script.name()).isEmpty();
  }

  private void compare(Case script, Same same, Case direct) throws IOException {
    upstream.answers(direct.answers());
    Heard heardDirectly = RawCaller.call(upstream.port(), directly(direct));
    List<RawMessage> seenDirectly = upstream.seen();
    upstream.answers(script.answers());
    Heard heard = RawCaller.call(relay.port(script.agent()), script);
    List<RawMessage> seen = upstream.seen();
    Expected expected = new Expected(upstream.authority(), relay.pseudonym(script.agent()));

    assertSame(
        script.name() + ": what the upstream server sees",
        seen,
        seenDirectly.stream()
            .map(each -> expected.request(each, script.agent(), same.inRequest()))
            .toList());
    assertSame(
        script.name() + ": what the caller hears",
        heard.answers().stream().map(Expected::withoutTime).toList(),
        heardDirectly.answers().stream()
            .map(each -> expected.response(each, same.inResponse()))
            .toList());
    if (same.interimDropped()) {
      assertThat(heardDirectly.interim()).isNotEmpty();
      assertThat(heard.interim()).isEmpty();
    } else {
      assertSame(script.name() + ": interim answers", heard.interim(), heardDirectly.interim());
    }
  }

  /** The upstream server decides by itself when it closes. */
  private static Case directly(Case script) {
    return new Case(
        script.name(),
        script.agent(),
        script.says(),
        script.expectedAnswers(),
        false,
        script.answers(),
        script.outcome());
  }

  private static void assertSame(String what, List<RawMessage> actual, List<RawMessage> expected) {
    assertThat(actual.stream().map(RawMessage::comparable).toList())
        .as(what)
        .isEqualTo(expected.stream().map(RawMessage::comparable).toList());
    assertThat(actual.stream().map(RawMessage::body).toList().equals(bodies(expected)))
        .as("%s: bodies", what)
        .isTrue();
  }

  private static List<String> bodies(List<RawMessage> messages) {
    return messages.stream().map(RawMessage::body).toList();
  }

  private void assertOwnAnswer(Case script, int status, String code, int requestsGoneOn)
      throws IOException {
    upstream.answers(script.answers());
    Heard heard = RawCaller.call(relay.port(script.agent()), script);

    RawMessage last = heard.answers().get(heard.answers().size() - 1);
    assertThat(last.status()).as("%s: %s", script.name(), last).isEqualTo(status);
    assertThat(last.values("Longcut-Error")).containsExactly(code);
    assertThat(last.values("Date")).hasSize(1);
    assertThat(last.values("Content-Type")).containsExactly("application/problem+json");
    if (!script.method().equals("HEAD")) {
      assertThat(last.body()).contains("\"code\":\"" + code + "\"");
    }
    int reached = heard.answers().size() - 1 + requestsGoneOn;
    assertThat(upstream.seen()).as("%s: requests that went on", script.name()).hasSize(reached);
  }

  /** The loop is real: an upstream target that is the client agent itself. */
  @Test
  void aRequestThatComesBackToItsClientAgentIs508() throws IOException {
    upstream.answers(List.of(ServerAnswer.OK));

    Case loop = Case.of("a loop", Case.head("GET / HTTP/1.1", "Host: loop.example"));
    RawMessage answer = RawCaller.call(relay.port(loop.agent()), loop).answers().get(0);

    assertThat(answer.status()).as("%s", answer).isEqualTo(508);
    assertThat(answer.body()).contains("\"code\":\"loop_detected\"");
    assertThat(upstream.seen()).isEmpty();
  }

  @Test
  void aViaOfItsOwnIs508() throws IOException {
    String via = "Via: 1.1 a.example, 1.1 " + relay.pseudonym(Case.Agent.REPLACE) + " (again)";
    Case loop =
        Case.of("", Case.head("GET / HTTP/1.1", "Host: caller.example", via))
            .refused(508, "loop_detected");

    theRelayIsFaithful(loop);
  }

  /** The one thing that the comparison leaves out. */
  @Test
  void theOrderBetweenDifferentNamesIsLostInUndertow() throws IOException {
    List<String> names = IntStream.range(0, 30).mapToObj(i -> "X-" + (100 - i)).toList();
    String fields = String.join(": a\r\n", names) + ": a";
    upstream.answers(
        List.of(ServerAnswer.of(Case.head("HTTP/1.1 200 OK", fields, "Content-Length: 0"))));

    Case ordered = Case.of("", Case.head("GET / HTTP/1.1", "Host: caller.example", fields));
    Heard heard = RawCaller.call(relay.port(ordered.agent()), ordered);

    assertThat(ours(upstream.seen().get(0)))
        .containsExactlyInAnyOrderElementsOf(names)
        .isNotEqualTo(names);
    assertThat(ours(heard.answers().get(0)))
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
