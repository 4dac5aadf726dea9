package io.github.httplongcut.system.fidelity;

import io.github.httplongcut.system.fidelity.ServerAnswer.Then;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * One comparison, as data: what the caller says, what the upstream server answers, and what has to
 * come of it. Every char of a text is a byte.
 *
 * @param name a sentence
 * @param agent through which client agent
 * @param says what the caller sends; between two parts it waits for an answer, maybe an interim one
 * @param expectedAnswers how many final answers it waits for
 * @param closes whether the connection then ends by itself
 * @param answers of the upstream server, to one request after the other
 * @param outcome what has to come of it
 */
record Case(
    String name,
    Agent agent,
    List<String> says,
    int expectedAnswers,
    boolean closes,
    List<ServerAnswer> answers,
    Outcome outcome) {

  /** The client agents of the suite, which differ in {@code forwarded-headers}. */
  enum Agent {
    REPLACE,
    APPEND,
    OFF
  }

  /** What has to come of it. */
  sealed interface Outcome {}

  /**
   * The same as in a direct call, but for what every relayed message shows ({@link Expected}) and
   * these differences.
   */
  record Same(List<Difference> inRequest, List<Difference> inResponse, boolean interimDropped)
      implements Outcome {}

  /** Refused by the relay; the upstream server sees none of it. */
  record Refused(int status, String code) implements Outcome {}

  /**
   * Tidied up by the relay, as a recipient may: the same as in a direct call of another case, which
   * says or answers it as it should be.
   */
  record Tidied(Case proper) implements Outcome {}

  /** The caller loses its connection without an answer; the upstream server sees none of it. */
  record CutOff() implements Outcome {}

  /** Answered by the relay after the upstream server has seen the request. */
  record Failed(int status, String code) implements Outcome {}

  /**
   * A further difference to a direct call; one that changes nothing fails the test.
   *
   * @param why says it in words
   * @param change makes what the relay lets through of what was seen directly
   */
  record Difference(String why, UnaryOperator<RawMessage> change) {}

  /** A case whose caller says that, and whose answer is {@link ServerAnswer#OK}. */
  static Case of(String name, String... says) {
    return new Case(
        name,
        Agent.REPLACE,
        List.of(says),
        1,
        false,
        List.of(ServerAnswer.OK),
        new Same(List.of(), List.of(), false));
  }

  /** A request without a body: CRLF behind each line, and an empty line. */
  static String head(String... lines) {
    return String.join("\r\n", lines) + "\r\n\r\n";
  }

  /** A GET of {@code /} whose upstream server answers with that. */
  static Case answered(String name, String... answerLines) {
    return of(name, head("GET / HTTP/1.1", "Host: caller.example")).answer(head(answerLines));
  }

  /** The method of its requests. */
  String method() {
    String first = says.get(0);
    return first.substring(0, Math.max(0, first.indexOf(' ')));
  }

  Case through(Agent other) {
    return new Case(name, other, says, expectedAnswers, closes, answers, outcome);
  }

  /** The caller waits for so many answers. */
  Case times(int finalAnswers) {
    return new Case(name, agent, says, finalAnswers, closes, answers, outcome);
  }

  /** The connection ends with the answer. */
  Case closing() {
    return new Case(name, agent, says, expectedAnswers, true, answers, outcome);
  }

  /** The upstream server's answer, or answers. */
  Case answer(String... bytes) {
    List<ServerAnswer> others = List.of(bytes).stream().map(ServerAnswer::of).toList();
    return new Case(name, agent, says, expectedAnswers, closes, others, outcome);
  }

  /** The upstream server does that after its last answer. */
  Case then(Then next) {
    List<ServerAnswer> others = answers.stream().map(answer -> answer.then(next)).toList();
    return new Case(name, agent, says, expectedAnswers, closes, others, outcome);
  }

  private Case with(Outcome other) {
    return new Case(name, agent, says, expectedAnswers, closes, answers, other);
  }

  /** The upstream server sees something else. */
  Case requestBut(String why, UnaryOperator<RawMessage> change) {
    Same same = (Same) outcome;
    return with(
        new Same(
            plus(same.inRequest, new Difference(why, change)),
            same.inResponse,
            same.interimDropped));
  }

  /** The caller sees something else. */
  Case responseBut(String why, UnaryOperator<RawMessage> change) {
    Same same = (Same) outcome;
    return with(
        new Same(
            same.inRequest,
            plus(same.inResponse, new Difference(why, change)),
            same.interimDropped));
  }

  /** Interim answers of the upstream server do not reach the caller. */
  Case withoutInterim() {
    Same same = (Same) outcome;
    return with(new Same(same.inRequest, same.inResponse, true));
  }

  Case refused(int status, String code) {
    return with(new Refused(status, code));
  }

  Case tidiedTo(Case proper) {
    return with(new Tidied(proper));
  }

  Case cutOff() {
    return with(new CutOff());
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
