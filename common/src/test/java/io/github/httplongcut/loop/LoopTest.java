package io.github.httplongcut.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopTest {

  private final Loop loop = new Loop("test loop");
  private final AtomicInteger ticks = new AtomicInteger();
  private final AtomicLong stoodStill = new AtomicLong();
  private final List<String> order = new CopyOnWriteArrayList<>();

  private final Ticker ticker =
      new Ticker() {
        @Override
        public void onTick(long nowNanos) {
          ticks.incrementAndGet();
        }

        @Override
        public void onStoodStill(long nanos) {
          stoodStill.addAndGet(nanos);
          order.add("stood still");
        }
      };

  @AfterEach
  void close() {
    loop.close();
  }

  @Test
  void tasksRunInOrderAlsoThoseFromBeforeTheStart() {
    loop.execute(() -> order.add("first"));
    loop.start(ticker);
    loop.execute(() -> order.add("second"));

    await().untilAsserted(() -> assertThat(order).containsExactly("first", "second"));
  }

  @Test
  void ticksWhenThereIsNothingToDo() {
    loop.start(ticker);

    await().untilAsserted(() -> assertThat(ticks.get()).isGreaterThanOrEqualTo(3));
  }

  @Test
  void notEvenAnErrorEndsIt() {
    loop.start(ticker);
    loop.execute(
        () -> {
          throw new StackOverflowError("for this test");
        });
    loop.execute(() -> order.add("next"));

    await().untilAsserted(() -> assertThat(order).containsExactly("next"));
  }

  @Test
  void aTaskThatThrowsEndsNothing() {
    loop.start(ticker);
    loop.execute(
        () -> {
          throw new IllegalStateException("a bug, for this test");
        });
    loop.execute(() -> order.add("after"));

    await().untilAsserted(() -> assertThat(order).containsExactly("after"));
  }

  @Test
  void saysThatItStoodStillBeforeAnythingElseRuns() throws InterruptedException {
    loop.start(ticker);
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch holding = new CountDownLatch(1);
    loop.execute(
        () -> {
          holding.countDown();
          awaitQuietly(held);
        });
    assertThat(holding.await(10, TimeUnit.SECONDS)).isTrue();
    loop.execute(() -> order.add("task"));
    long from = System.nanoTime();
    await().until(() -> System.nanoTime() - from > Loop.STOOD_STILL.toNanos() + 100_000_000L);
    held.countDown();

    await().untilAsserted(() -> assertThat(order).containsExactly("stood still", "task"));
    assertThat(stoodStill.get()).isGreaterThanOrEqualTo(Loop.STOOD_STILL.toNanos());
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
