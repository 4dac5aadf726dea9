package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.sources.Gathered;
import io.github.httplongcut.cli.sources.Gathering;
import io.github.httplongcut.cli.sources.Reasons;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Does the same with several things at the same time, within {@link Gathering#LIMIT} in all. */
final class Together {

  /** Something that may fail. */
  interface Trial<T> {
    void on(T thing) throws Exception;
  }

  /** Question about a thing. */
  interface Question<T, R> {
    R about(T thing) throws Exception;
  }

  private Together() {}

  /** Returns the things with which the trial failed, and the reasons. */
  static <T> Map<T, String> failures(Collection<T> things, Trial<T> trial) {
    Map<T, String> failures = new LinkedHashMap<>();
    ask(
            things,
            thing -> {
              trial.on(thing);
              return true;
            })
        .forEach(
            (thing, result) -> {
              if (!result.isAnswered()) {
                failures.put(thing, result.why());
              }
            });
    return failures;
  }

  /**
   * Returns the answers about all things.
   *
   * @throws CommandFailedException if an answer is missing
   */
  static <T, R> Map<T, R> answers(Collection<T> things, Question<T, R> question) {
    Map<T, R> answers = new LinkedHashMap<>();
    ask(things, question)
        .forEach(
            (thing, result) ->
                answers.put(
                    thing,
                    result.answer().orElseThrow(() -> new CommandFailedException(result.why()))));
    return answers;
  }

  private static <T, R> Map<T, Gathered<R>> ask(Collection<T> things, Question<T, R> question) {
    Map<T, Gathering.Asked<R>> asked = new LinkedHashMap<>();
    Map<T, Gathered<R>> results = new LinkedHashMap<>();
    try (Gathering gathering = new Gathering()) {
      things.forEach(thing -> asked.put(thing, gathering.ask("", () -> answer(question, thing))));
      asked.forEach((thing, each) -> results.put(thing, each.result()));
    }
    return results;
  }

  private static <T, R> R answer(Question<T, R> question, T thing) {
    try {
      return question.about(thing);
    } catch (Exception e) {
      throw new CommandFailedException(Reasons.of(e), e);
    }
  }

  /** Returns the failures in words: {@code mq-1: unknown host; mq-2: …}. */
  static String words(Map<?, String> failures) {
    List<String> words = new ArrayList<>();
    failures.forEach((thing, reason) -> words.add(thing + ": " + reason));
    return String.join("; ", words);
  }
}
