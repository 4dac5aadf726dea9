package io.github.httplongcut.system.fidelity;

import io.github.httplongcut.system.fidelity.ServerAnswer.Then;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A test case as data: the caller's requests, the upstream server's responses, and the expected
 * outcome. Every char of a string is a byte.
 *
 * @param name the name of the test
 * @param mode selects the client agent
 * @param sends parts that the caller sends; after each part but the last, it waits for a response,
 *     which may be interim
 * @param expectedAnswers number of final responses for which the caller waits
 * @param closes true if the client agent must close the connection after the last response
 * @param answers the upstream server's responses, one for each request
 * @param outcome the expected outcome
 */
record Case(
    String name,
    ForwardedMode mode,
    List<String> sends,
    int expectedAnswers,
    boolean closes,
    List<ServerAnswer> answers,
    ExpectedOutcome outcome) {

  /** The values of {@code forwarded-headers}; the suite has one client agent for each. */
  enum ForwardedMode {
    REPLACE,
    APPEND,
    OFF
  }

  /** The expected outcome of a case. */
  sealed interface ExpectedOutcome {}

  /**
   * The messages are the same as in a direct call, but for the general differences ({@link
   * Expected}) and these further ones.
   *
   * @param interimDropped true if the relay must drop interim responses
   */
  record Same(List<Difference> inRequest, List<Difference> inResponse, boolean interimDropped)
      implements ExpectedOutcome {}

  /** The relay refuses the request. The upstream server receives nothing. */
  record Refused(int status, String code) implements ExpectedOutcome {}

  /**
   * The relay normalizes a malformed message, as a recipient may. The messages are the same as in a
   * direct call of another case.
   *
   * @param proper a case with the well-formed message
   */
  record Normalized(Case proper) implements ExpectedOutcome {}

  /**
   * The client agent closes the connection without a response. The upstream server receives
   * nothing.
   */
  record ConnectionClosed() implements ExpectedOutcome {}

  /** The upstream server receives the request, and the relay answers with an error. */
  record Failed(int status, String code) implements ExpectedOutcome {}

  /**
   * A further difference to a direct call. A difference that changes nothing fails the test.
   *
   * @param why the reason, for failure messages
   * @param change turns the direct message into the relayed one
   */
  record Difference(String why, UnaryOperator<RawMessage> change) {}

  /**
   * A case in which the caller sends these parts and the upstream server answers {@link
   * ServerAnswer#OK}.
   */
  static Case of(String name, String... sends) {
    return new Case(
        name,
        ForwardedMode.REPLACE,
        List.of(sends),
        1,
        false,
        List.of(ServerAnswer.OK),
        new Same(List.of(), List.of(), false));
  }

  /** The head of a message: each line followed by CRLF, and an empty line. */
  static String head(String... lines) {
    return String.join("\r\n", lines) + "\r\n\r\n";
  }

  /** A case in which the upstream server answers a GET of {@code /} with these lines. */
  static Case answered(String name, String... answerLines) {
    return of(name, head("GET / HTTP/1.1", "Host: caller.example")).answer(head(answerLines));
  }

  /** The method of the first request. */
  String method() {
    String first = sends.get(0);
    return first.substring(0, Math.max(0, first.indexOf(' ')));
  }

  Case through(ForwardedMode other) {
    return new Case(name, other, sends, expectedAnswers, closes, answers, outcome);
  }

  /** Sets the number of final responses for which the caller waits. */
  Case times(int finalAnswers) {
    return new Case(name, mode, sends, finalAnswers, closes, answers, outcome);
  }

  /** Expects the client agent to close the connection after the response. */
  Case closing() {
    return new Case(name, mode, sends, expectedAnswers, true, answers, outcome);
  }

  /** Sets the upstream server's responses. */
  Case answer(String... bytes) {
    List<ServerAnswer> others = List.of(bytes).stream().map(ServerAnswer::of).toList();
    return new Case(name, mode, sends, expectedAnswers, closes, others, outcome);
  }

  /** Sets the upstream server's action after each response. */
  Case then(Then next) {
    List<ServerAnswer> others = answers.stream().map(answer -> answer.then(next)).toList();
    return new Case(name, mode, sends, expectedAnswers, closes, others, outcome);
  }

  private Case with(ExpectedOutcome other) {
    return new Case(name, mode, sends, expectedAnswers, closes, answers, other);
  }

  /** Adds a difference in the request that the upstream server receives. */
  Case requestBut(String why, UnaryOperator<RawMessage> change) {
    Same same = (Same) outcome;
    return with(
        new Same(
            plus(same.inRequest, new Difference(why, change)),
            same.inResponse,
            same.interimDropped));
  }

  /** Adds a difference in the response that the caller receives. */
  Case responseBut(String why, UnaryOperator<RawMessage> change) {
    Same same = (Same) outcome;
    return with(
        new Same(
            same.inRequest,
            plus(same.inResponse, new Difference(why, change)),
            same.interimDropped));
  }

  /** Expects the relay to drop interim responses. */
  Case withoutInterim() {
    Same same = (Same) outcome;
    return with(new Same(same.inRequest, same.inResponse, true));
  }

  Case refused(int status, String code) {
    return with(new Refused(status, code));
  }

  Case normalizedTo(Case proper) {
    return with(new Normalized(proper));
  }

  Case connectionClosed() {
    return with(new ConnectionClosed());
  }

  Case fails(int status, String code) {
    return with(new Failed(status, code));
  }

  private static List<Difference> plus(List<Difference> differences, Difference more) {
    List<Difference> all = new ArrayList<>(differences);
    all.add(more);
    return all;
  }

  @Override
  public String toString() {
    return name;
  }
}
