package io.github.httplongcut.cli.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.sources.Gathering.Asked;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class GatheringTest {

  private static final Duration LONG = Duration.ofSeconds(10);

  @Test
  void sourcesAreAskedAtTheSameTime() {
    CyclicBarrier all = new CyclicBarrier(5);
    try (Gathering gathering = new Gathering(LONG)) {
      List<Asked<Integer>> asked =
          IntStream.range(0, 5).mapToObj(i -> gathering.ask("s" + i, all::await)).toList();

      // Each question waits for the other four.
      assertThat(asked).allSatisfy(each -> assertThat(each.result().isAnswered()).isTrue());
    }
  }

  @Test
  @Timeout(5) // far less than an unlimited wait, far more than the limit
  void sourceThatHangsIsReportedAtTheDeadlineWithTheOthers() {
    CountDownLatch never = new CountDownLatch(1);
    try (Gathering gathering = new Gathering(Duration.ofMillis(200))) {
      Asked<String> hangs =
          gathering.ask(
              "frozen",
              () -> {
                never.await();
                return "";
              });
      Asked<String> answers = gathering.ask("well", () -> "answer");

      assertThat(hangs.result())
          .isEqualTo(Gathered.missing("frozen", "did not answer within 200 ms"));
      assertThat(answers.result()).isEqualTo(Gathered.of("well", "answer"));
    }
  }

  @Test
  void questionsRunOnDaemonThreads() {
    try (Gathering gathering = new Gathering(LONG)) {
      assertThat(gathering.ask("s", () -> Thread.currentThread().isDaemon()).result().answer())
          .hasValue(true);
    }
  }

  @Test
  void failureOfASourceIsItsReason() {
    try (Gathering gathering = new Gathering(LONG)) {
      Asked<String> failed =
          gathering.ask(
              "s",
              () -> {
                throw new CommandFailedException("the remedy");
              });
      Asked<String> bug =
          gathering.ask(
              "s",
              () -> {
                throw new IllegalStateException("a bug");
              });

      assertThat(failed.result().why()).isEqualTo("the remedy");
      assertThat(bug.result().why())
          .isEqualTo("the tool has failed: java.lang.IllegalStateException: a bug");
    }
  }
}
