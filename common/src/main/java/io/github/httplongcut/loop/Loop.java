package io.github.httplongcut.loop;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that runs one task after the other and ticks every 50 ms: who owns state touches it only
 * here, and asks only {@link #now()} for the time. Its queue is as bounded as what is handed to it:
 * deliveries by prefetch, requests by admission.
 */
public final class Loop implements Executor, AutoCloseable {

  /** How often it ticks. */
  public static final Duration TICK = Duration.ofMillis(50);

  /** How late a tick must be for the process to have stood still (protocol section 4, rule 2). */
  public static final Duration STOOD_STILL = Duration.ofMillis(500);

  private static final Logger log = LoggerFactory.getLogger(Loop.class);

  private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private final Thread thread;
  private Ticker ticker;
  private volatile boolean closed;
  private long now;
  private long nextTick;

  /** A loop that does not run yet; tasks may be handed to it already. */
  public Loop(String threadName) {
    thread = new Thread(this::run, threadName);
    thread.setDaemon(true);
  }

  /** Runs the tasks and ticks from now on. */
  public void start(Ticker ticker) {
    this.ticker = ticker;
    thread.start();
  }

  /** Hands over a task, from any thread; never blocks. What it throws is logged as a bug. */
  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  /** {@link System#nanoTime} as of the running task; on the loop's thread only. */
  public long now() {
    return now;
  }

  /** Stops after the running task and waits for that; what is still queued does not run. */
  @Override
  public void close() {
    closed = true;
    execute(() -> {});
    if (Thread.currentThread() == thread || !thread.isAlive()) {
      return;
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    nextTick = System.nanoTime() + TICK.toNanos();
    while (!closed) {
      Runnable task = nextTask();
      now = System.nanoTime();
      long late = now - nextTick;
      if (late >= STOOD_STILL.toNanos()) {
        guarded(() -> ticker.onStoodStill(late));
      }
      if (late >= 0) {
        nextTick = now + TICK.toNanos();
        guarded(() -> ticker.onTick(now));
      }
      if (task != null) {
        guarded(task);
      }
    }
  }

  /** The next task, or null when it is time to tick. */
  private Runnable nextTask() {
    try {
      return tasks.poll(Math.max(0, nextTick - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      closed = true; // nobody interrupts it but to end it
      return null;
    }
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException
        | Error e) { // a loop that has ended would leave a process that looks alive
      log.error("event=bug thread={}", Thread.currentThread().getName(), e);
    }
  }
}
