package io.github.httplongcut.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopTest {

  private final Loop loop = new Loop("test loop");
  private final AtomicInteger ticks = new AtomicInteger();
  private final AtomicLong stoodStill = new AtomicLong();
  private final List<String> order = new CopyOnWriteArrayList<>();
  private final List<Long> tickTimes = new CopyOnWriteArrayList<>();
  private volatile long wantedNanos;

  private final Ticker ticker =
      new Ticker() {
        @Override
        public void onTick(long nowNanos) {
          ticks.incrementAndGet();
          tickTimes.add(nowNanos);
        }

        @Override
        public long nanosToNextTick(long nowNanos) {
          return wantedNanos;
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
  void ticksSeldomWhileNothingIsToBeChecked() {
    wantedNanos = Long.MAX_VALUE;
    loop.start(ticker);

    await().until(() -> tickTimes.size() >= 4);
    // A late tick makes a pause longer, never shorter.
    assertThat(pauses()).allMatch(pause -> pause >= Loop.IDLE_TICK.toNanos());
  }

  @Test
  void ticksSoonAfterATaskWhichMayHaveEndedTheIdleness() {
    wantedNanos = Long.MAX_VALUE;
    loop.start(ticker);

    await()
        .until(
            () -> {
              loop.executeHere(() -> {});
              return pauses().stream().anyMatch(pause -> pause < Loop.IDLE_TICK.toNanos());
            });
  }

  @Test
  void ticksWhenThereIsSomethingToBeChecked() {
    wantedNanos = TimeUnit.MILLISECONDS.toNanos(120);
    loop.start(ticker);

    await().until(() -> pauses().stream().anyMatch(pause -> pause < 2 * wantedNanos));
    assertThat(pauses()).allMatch(pause -> pause >= wantedNanos);
  }

  @Test
  void ticksNoMoreOftenThanThatWhateverIsToBeChecked() {
    wantedNanos = 0;
    loop.start(ticker);

    await().until(() -> tickTimes.size() >= 4);
    assertThat(pauses()).allMatch(pause -> pause >= Loop.TICK.toNanos());
  }

  private List<Long> pauses() {
    List<Long> pauses = new ArrayList<>();
    for (int i = 1; i < tickTimes.size(); i++) {
      pauses.add(tickTimes.get(i) - tickTimes.get(i - 1));
    }
    return pauses;
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

  /** Neither its own thread nor that of whoever brings a task. */
  @Test
  void notEvenABugThatCannotBeLoggedEndsIt() {
    Runnable bug =
        () -> {
          throw new IllegalStateException() {
            private static final long serialVersionUID = 1L;

            @Override
            public String getMessage() {
              throw new IllegalStateException("a bug in a bug, for this test");
            }
          };
        };
    loop.start(ticker);
    loop.execute(bug);
    loop.execute(() -> order.add("on its own thread"));
    await().untilAsserted(() -> assertThat(order).containsExactly("on its own thread"));

    loop.executeHere(bug);
    loop.execute(() -> order.add("after another's"));

    await().untilAsserted(() -> assertThat(order).endsWith("after another's"));
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
  void whoBringsATaskRunsItWhenNothingElseDoes() {
    loop.start(ticker);
    // The loop's own thread may tick just then, and takes it over.
    await()
        .until(
            () -> {
              AtomicReference<Thread> ranOn = new AtomicReference<>();
              loop.executeHere(() -> ranOn.set(Thread.currentThread()));
              return ranOn.get() == Thread.currentThread();
            });
  }

  @Test
  void taskThatComesWhileAnotherRunsWaitsForItsTurn() throws InterruptedException {
    loop.start(ticker);
    CountDownLatch held = new CountDownLatch(1);
    Thread other =
        holdElsewhere(
            held,
            () -> {
              order.add("first");
              loop.executeHere(() -> order.add("third"));
            });

    loop.executeHere(() -> order.add("second"));
    assertThat(order).isEmpty();
    assertThat(loop.isItsTurn()).isFalse();
    held.countDown();

    await().untilAsserted(() -> assertThat(order).containsExactly("first", "second", "third"));
    other.join();
  }

  @Test
  void neverTwoTasksAtOnceWhoeverBringsThem() throws InterruptedException {
    loop.start(ticker);
    int[] unguarded = new int[1];
    Runnable bring =
        () -> {
          for (int n = 0; n < 25_000; n++) {
            if (n % 3 == 0) {
              loop.execute(() -> unguarded[0]++);
            } else {
              loop.executeHere(() -> unguarded[0]++);
            }
          }
        };
    List<Thread> bringers = Stream.generate(() -> new Thread(bring)).limit(4).toList();
    bringers.forEach(Thread::start);
    for (Thread bringer : bringers) {
      bringer.join();
    }
    CountDownLatch last = new CountDownLatch(1);
    loop.execute(last::countDown);

    assertThat(last.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(unguarded[0]).isEqualTo(100_000);
  }

  @Test
  void theEndOfEachTaskIsToldInItsTurn() {
    List<String> ends = new CopyOnWriteArrayList<>();
    loop.onTaskEnd(
        moreWaits ->
            ends.add(order + (moreWaits ? " and more" : "") + (loop.isItsTurn() ? "" : "?")));
    loop.execute(() -> order.add("a"));
    loop.execute(() -> order.add("b"));

    loop.start(ticker);

    await().untilAsserted(() -> assertThat(ends).startsWith("[a] and more", "[a, b]"));
  }

  @Test
  void closingWaitsForATaskThatRunsElsewhere() throws InterruptedException {
    loop.start(ticker);
    CountDownLatch held = new CountDownLatch(1);
    Thread other = holdElsewhere(held, () -> order.add("done"));
    Thread closer = new Thread(loop::close);
    closer.start();
    await().until(() -> closer.getState() == Thread.State.WAITING);

    held.countDown();
    closer.join();

    assertThat(order).containsExactly("done");
    other.join();
  }

  /** Has a task run on a thread of its own, which goes on once {@code held} is let go. */
  private Thread holdElsewhere(CountDownLatch held, Runnable then) throws InterruptedException {
    CountDownLatch holding = new CountDownLatch(1);
    Thread other =
        new Thread(
            () ->
                loop.executeHere(
                    () -> {
                      holding.countDown();
                      awaitQuietly(held);
                      then.run();
                    }));
    other.start();
    assertThat(holding.await(10, TimeUnit.SECONDS)).isTrue();
    return other;
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
