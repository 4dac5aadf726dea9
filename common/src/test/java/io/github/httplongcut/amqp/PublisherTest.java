package io.github.httplongcut.amqp;

import static io.github.httplongcut.amqp.RunningPublisher.CONFIRM_TIMEOUT;
import static io.github.httplongcut.amqp.RunningPublisher.await;
import static io.github.httplongcut.amqp.RunningPublisher.hello;
import static io.github.httplongcut.amqp.RunningPublisher.isWaiting;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.session.Publication.Batching;
import io.github.httplongcut.session.Publication.Tries;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The publisher's threads, its lock, and its use of the AMQP client and the socket. Its decisions
 * are tested without them, with a {@link PublisherFixture}.
 */
class PublisherTest {

  private final RunningPublisher running = new RunningPublisher();

  @AfterEach
  void close() throws IOException {
    running.close();
  }

  // Outcomes.

  @Test
  void repliesOfRabbitMqBecomeOutcomes() throws Exception {
    FakeAmqpChannel channel = new FakeAmqpChannel();
    running.use(channel);
    running.publish("a", Tries.ONCE);
    running.publish("b", Tries.ONCE);
    running.publish("c", Tries.ONCE);
    running.awaitWritten(3, channel);

    channel.confirm(1);
    channel.returnMessage(2);
    channel.confirm(2);
    channel.nack(3);

    running.awaitOutcomes("a CONFIRMED", "b RETURNED", "c NACKED");
    channel.shutDown();
  }

  @Test
  void anExceptionInOneListenerDoesNotAffectOtherOutcomes() {
    running.publisher.publish(
        hello("a", Tries.ONCE)
            .whenDone(
                outcome -> {
                  throw new IllegalStateException("a bug, for this test");
                }));
    running.publish("b", Tries.ONCE);

    running.publisher.close();

    running.awaitOutcomes("b NO_CONNECTION");
  }

  @Test
  void flushWaitsForTheLastOutcome() throws Exception {
    FakeAmqpChannel channel = new FakeAmqpChannel();
    running.use(channel);
    running.publish("a", Tries.ONCE);
    running.awaitWritten(1, channel);
    assertThat(running.publisher.flush(Duration.ZERO)).isFalse();
    CompletableFuture<List<String>> flushed = new CompletableFuture<>();
    Thread flusher = new Thread(() -> flushed.complete(outcomesAfterFlush()), "test flush");
    flusher.start();
    await().until(() -> flusher.getState() == Thread.State.TIMED_WAITING);

    channel.confirm(1);

    await().untilAsserted(() -> assertThat(flushed).isCompletedWithValue(List.of("a CONFIRMED")));
    channel.shutDown();
  }

  private List<String> outcomesAfterFlush() {
    try {
      return running.publisher.flush(Duration.ofMinutes(1))
          ? List.copyOf(running.outcomes)
          : List.of("timeout");
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A retry would close the next channel, too, with the unconfirmed messages of others. */
  @Test
  void aMessageOverRabbitMqsMaximumIsNotWrittenAgain() throws Exception {
    FakeAmqpChannel channel = new FakeAmqpChannel();
    Thread user = running.use(channel);
    running.publish("short", Tries.UNTIL_CONFIRMED);
    running.publish("long".repeat(1000), Tries.UNTIL_CONFIRMED);
    running.awaitWritten(2, channel);
    channel.closeReason(
        406, "PRECONDITION_FAILED - message size 4096 is larger than configured max size 1024");
    channel.shutDown();
    user.join();

    FakeAmqpChannel next = new FakeAmqpChannel();
    running.use(next);

    running.awaitWritten(1, next);
    assertThat(next.bodies().get(0)).contains("short");
    await()
        .untilAsserted(
            () -> assertThat(running.outcomes).singleElement().asString().endsWith(" REFUSED"));
    next.shutDown();
  }

  // The link's thread.

  @Test
  void theEndOfAHoldWakesTheLinksThread() {
    FakeAmqpChannel channel = new FakeAmqpChannel();
    Thread user = running.use(channel);
    running.publisher.hold(true);
    running.publish("a", Tries.ONCE);
    await().until(() -> isWaiting(user));
    assertThat(channel.bodies()).isEmpty();

    running.publisher.hold(false);

    running.awaitWritten(1, channel);
    channel.shutDown();
  }

  /** The link then connects again. */
  @Test
  void theSocketOfASilentConnectionIsClosed() throws Exception {
    running.openSocket();
    FakeAmqpChannel channel = new FakeAmqpChannel();
    running.use(channel);
    running.publish("a", Tries.ONCE);
    running.awaitWritten(1, channel);
    running.checkAfter(Duration.ZERO);
    assertThat(running.socket.isClosed()).isFalse();

    running.checkAfter(CONFIRM_TIMEOUT.plusSeconds(1));

    await().until(running.socket::isClosed);
    channel.shutDown();
  }

  @Test
  void theAnswerToAFenceSaysThatRabbitMqHasReadAMessage() {
    FakeAmqpChannel channel = new FakeAmqpChannel();
    running.use(channel);
    channel.answerFence();
    running.publishTo("acme.one-abcdef");
    running.awaitWritten(1, channel, 0);

    running.checkAfter(Duration.ofSeconds(1));
    await().until(() -> channel.calls().contains("asyncCompletableRpc"));
    running.checkAfter(CONFIRM_TIMEOUT);

    running.awaitOutcomes("acme UNKNOWN");
    channel.shutDown();
  }

  // Other threads that write.

  /** An OutOfMemoryError, for example. */
  @Test
  void anErrorInAWriteOnTheLoopOnlyReplacesTheConnection() throws Exception {
    running.openSocket();
    FakeAmqpChannel last = new FakeAmqpChannel();
    last.failWrites(new StackOverflowError("for this test"));
    Thread user = running.use(last);
    await().until(() -> isWaiting(user)); // else it would write
    running.loop.execute(() -> running.publish("a", Tries.UNTIL_CONFIRMED));
    await().until(() -> !user.isAlive());

    FakeAmqpChannel next = new FakeAmqpChannel();
    running.use(next);
    running.awaitWritten(1, next);
    next.confirm(1);

    running.awaitOutcomes("a CONFIRMED");
    next.shutDown();
  }

  /**
   * The failed write may have used up a number, so the numbers of later confirms would be wrong.
   */
  @Test
  void noOtherThreadWritesAfterAFailedWrite() throws Exception {
    running.openSocket();
    FakeAmqpChannel last = new FakeAmqpChannel();
    last.failWrites(new StackOverflowError("for this test"));
    last.whenCloseReasonRead(
        () -> {
          CountDownLatch turnIsOver = new CountDownLatch(1);
          running.loop.execute(() -> running.publish("b", Tries.UNTIL_CONFIRMED));
          running.loop.execute(turnIsOver::countDown);
          awaitQuietly(turnIsOver);
        });
    Thread user = running.use(last);
    running.publish("a", Tries.UNTIL_CONFIRMED);
    user.join();

    assertThat(last.bodies()).hasSize(1);
  }

  /** The link's thread wakes up only when held publications are due. */
  @Test
  @Timeout(60)
  void theLinksThreadIsNotWokenForEachWriteOfTheLoop() throws Exception {
    running.openSocket();
    FakeAmqpChannel channel = new FakeAmqpChannel();
    Thread user = running.use(channel);
    await().until(() -> isWaiting(user)); // else it would write
    int turns = 500;
    long from = System.nanoTime();
    long waitsBefore = waits(user);

    int confirmed = 0;
    for (int turn = 0; turn < turns; turn++) {
      running.loop.executeHere(
          () -> {
            running.publisher.publish(hello("held", Tries.ONCE).batched(Batching.UNHURRIED));
            running.publisher.publish(hello("at once", Tries.ONCE));
          });
      while (channel.bodies().size() == confirmed) {
        Thread.onSpinWait(); // another thread runs the loop or writes, and will write this message
      }
      while (confirmed < channel.bodies().size()) {
        channel.confirm(++confirmed);
      }
    }

    long holds =
        (System.nanoTime() - from) / BatchQueue.UNHURRIED_HOLD.toNanos()
            + turns / BatchQueue.MAX_BATCH_EVENTS;
    assertThat(waits(user) - waitsBefore).isPositive().isLessThan(10 + 4 * holds);
    channel.shutDown();
  }

  private static long waits(Thread thread) {
    return ManagementFactory.getThreadMXBean().getThreadInfo(thread.getId()).getWaitedCount();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
