package io.github.httplongcut.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
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
  private final AtomicLong pausedNanos = new AtomicLong();
  private final List<String> order = new CopyOnWriteArrayList<>();
  private final List<Long> tickTimes = new CopyOnWriteArrayList<>();
  private volatile long nanosToNextTick;

  private final Ticker ticker =
      new Ticker() {
        @Override
        public void onTick(long nowNanos) {
          ticks.incrementAndGet();
          tickTimes.add(nowNanos);
        }

        @Override
        public long nanosToNextTick(long nowNanos) {
          return nanosToNextTick;
        }

        @Override
        public void onSuspended(long nanos) {
          pausedNanos.addAndGet(nanos);
          order.add("paused");
        }
      };

  @AfterEach
  void close() {
    loop.close();
  }

  @Test
  void tasksRunInOrderIncludingThoseQueuedBeforeTheStart() {
    loop.execute(() -> order.add("first"));
    loop.start(ticker);
    loop.execute(() -> order.add("second"));

    await().untilAsserted(() -> assertThat(order).containsExactly("first", "second"));
  }

  @Test
  void ticksWithoutTasks() {
    loop.start(ticker);

    await().untilAsserted(() -> assertThat(ticks.get()).isGreaterThanOrEqualTo(3));
  }

  @Test
  void ticksSeldomWhileNoDeadlineIsNear() {
    nanosToNextTick = Long.MAX_VALUE;
    loop.start(ticker);

    await().until(() -> tickTimes.size() >= 4);
    // A late tick makes an interval longer, never shorter.
    assertThat(intervals()).allMatch(interval -> interval >= Loop.IDLE_TICK.toNanos());
  }

  @Test
  void ticksSoonAfterATask() {
    nanosToNextTick = Long.MAX_VALUE;
    loop.start(ticker);

    await()
        .until(
            () -> {
              loop.executeHere(() -> {});
              return intervals().stream().anyMatch(interval -> interval < Loop.IDLE_TICK.toNanos());
            });
  }

  @Test
  void ticksAtTheNextDeadline() {
    nanosToNextTick = TimeUnit.MILLISECONDS.toNanos(120);
    loop.start(ticker);

    await().until(() -> intervals().stream().anyMatch(interval -> interval < 2 * nanosToNextTick));
    assertThat(intervals()).allMatch(interval -> interval >= nanosToNextTick);
  }

  @Test
  void tickIntervalHasAMinimum() {
    nanosToNextTick = 0;
    loop.start(ticker);

    await().until(() -> tickTimes.size() >= 4);
    assertThat(intervals()).allMatch(interval -> interval >= Loop.TICK.toNanos());
  }

  private List<Long> intervals() {
    List<Long> intervals = new ArrayList<>();
    for (int i = 1; i < tickTimes.size(); i++) {
      intervals.add(tickTimes.get(i) - tickTimes.get(i - 1));
    }
    return intervals;
  }

  @Test
  void anErrorDoesNotEndTheLoop() {
    loop.start(ticker);
    loop.execute(
        () -> {
          throw new StackOverflowError("for this test");
        });
    loop.execute(() -> order.add("next"));

    await().untilAsserted(() -> assertThat(order).containsExactly("next"));
  }

  /** Tests the loop's own thread and a calling thread. */
  @Test
  void anExceptionThatCannotBeLoggedDoesNotEndTheLoop() {
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
    loop.execute(() -> order.add("after a calling thread's"));

    await().untilAsserted(() -> assertThat(order).endsWith("after a calling thread's"));
  }

  @Test
  void aTaskThatThrowsDoesNotEndTheLoop() {
    loop.start(ticker);
    loop.execute(
        () -> {
          throw new IllegalStateException("a bug, for this test");
        });
    loop.execute(() -> order.add("after"));

    await().untilAsserted(() -> assertThat(order).containsExactly("after"));
  }

  @Test
  void anIdleLoopRunsATaskOnTheCallingThread() {
    loop.start(ticker);
    // Repeated, because the loop's own thread may be ticking and then takes the task.
    await()
        .until(
            () -> {
              AtomicReference<Thread> ranOn = new AtomicReference<>();
              loop.executeHere(() -> ranOn.set(Thread.currentThread()));
              return ranOn.get() == Thread.currentThread();
            });
  }

  @Test
  void aTaskWaitsWhileAnotherRuns() throws InterruptedException {
    loop.start(ticker);
    CountDownLatch held = new CountDownLatch(1);
    Thread other =
        blockOtherThread(
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
  void tasksOfSeveralThreadsNeverOverlap() throws InterruptedException {
    loop.start(ticker);
    int[] unguarded = new int[1];
    Runnable submitTasks =
        () -> {
          for (int n = 0; n < 25_000; n++) {
            if (n % 3 == 0) {
              loop.execute(() -> unguarded[0]++);
            } else {
              loop.executeHere(() -> unguarded[0]++);
            }
          }
        };
    List<Thread> submitters = Stream.generate(() -> new Thread(submitTasks)).limit(4).toList();
    submitters.forEach(Thread::start);
    for (Thread submitter : submitters) {
      submitter.join();
    }
    CountDownLatch last = new CountDownLatch(1);
    loop.execute(last::countDown);

    assertThat(last.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(unguarded[0]).isEqualTo(100_000);
  }

  @Test
  void executeAndWaitReturnsAfterTheTask() throws InterruptedException {
    loop.start(ticker);

    assertThat(loop.executeAndWait(() -> order.add("task"), Duration.ofSeconds(10))).isTrue();
    assertThat(order).containsExactly("task");
  }

  @Test
  void executeAndWaitReturnsAfterATaskThatThrows() throws InterruptedException {
    loop.start(ticker);
    Runnable bug =
        () -> {
          throw new IllegalStateException("a bug, for this test");
        };

    assertThat(loop.executeAndWait(bug, Duration.ofSeconds(10))).isTrue();
  }

  @Test
  void executeAndWaitGivesUpOnABusyLoop() throws InterruptedException {
    loop.start(ticker);
    CountDownLatch held = new CountDownLatch(1);
    Thread other = blockOtherThread(held, () -> order.add("first"));

    assertThat(loop.executeAndWait(() -> order.add("second"), Duration.ofMillis(1))).isFalse();
    assertThat(order).isEmpty();
    held.countDown();

    await().untilAsserted(() -> assertThat(order).containsExactly("first", "second"));
    other.join();
  }

  @Test
  void theListenerRunsAfterEachTask() {
    List<String> ends = new CopyOnWriteArrayList<>();
    loop.onTaskEnd(
        moreTasks ->
            ends.add(order + (moreTasks ? " and more" : "") + (loop.isItsTurn() ? "" : "?")));
    loop.execute(() -> order.add("a"));
    loop.execute(() -> order.add("b"));

    loop.start(ticker);

    await().untilAsserted(() -> assertThat(ends).startsWith("[a] and more", "[a, b]"));
  }

  @Test
  void closeWaitsForATaskOnAnotherThread() throws InterruptedException {
    loop.start(ticker);
    CountDownLatch held = new CountDownLatch(1);
    Thread other = blockOtherThread(held, () -> order.add("done"));
    Thread closer = new Thread(loop::close);
    closer.start();
    await().until(() -> closer.getState() == Thread.State.WAITING);

    held.countDown();
    closer.join();

    assertThat(order).containsExactly("done");
    other.join();
  }

  /** Starts a task on another thread; the task blocks until {@code held} is counted down. */
  private Thread blockOtherThread(CountDownLatch held, Runnable then) throws InterruptedException {
    CountDownLatch holding = new CountDownLatch(1);
    Thread other =
        new Thread(
            () ->
                loop.executeHere(
                    () -> {
                      holding.countDown();
                      awaitUninterrupted(held);
                      then.run();
                    }));
    other.start();
    assertThat(holding.await(10, TimeUnit.SECONDS)).isTrue();
    return other;
  }

  @Test
  void aPauseIsReportedBeforeAnythingElseRuns() throws InterruptedException {
    loop.start(ticker);
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch holding = new CountDownLatch(1);
    loop.execute(
        () -> {
          holding.countDown();
          awaitUninterrupted(held);
        });
    assertThat(holding.await(10, TimeUnit.SECONDS)).isTrue();
    loop.execute(() -> order.add("task"));
    long from = System.nanoTime();
    await().until(() -> System.nanoTime() - from > Loop.SUSPENDED_AFTER.toNanos() + 100_000_000L);
    held.countDown();

    await().untilAsserted(() -> assertThat(order).containsExactly("paused", "task"));
    assertThat(pausedNanos.get()).isGreaterThanOrEqualTo(Loop.SUSPENDED_AFTER.toNanos());
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
