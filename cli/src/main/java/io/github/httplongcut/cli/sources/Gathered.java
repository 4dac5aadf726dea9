package io.github.httplongcut.cli.sources;

import java.util.Optional;

/**
 * Answer of a source, or the reason why there is none.
 *
 * @param source name of the source, such as {@code http://127.0.0.1:8002}
 * @param answer the answer; empty if there is none
 * @param why one sentence with the remedy; empty if there is an answer
 */
public record Gathered<T>(String source, Optional<T> answer, String why) {

  static <T> Gathered<T> of(String source, T answer) {
    return new Gathered<>(source, Optional.of(answer), "");
  }

  static <T> Gathered<T> missing(String source, String why) {
    return new Gathered<>(source, Optional.empty(), why);
  }

  /** Returns whether the source has answered. */
  public boolean isAnswered() {
    return answer.isPresent();
  }

  /** Returns the reason as a sentence that names the source. */
  public String sentence() {
    return why.contains(source) ? why : source + " " + why;
  }
}
