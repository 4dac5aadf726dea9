package io.github.httplongcut.loop;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one task after the other and ticks every 50 ms, or less often while it is idle: who owns
 * state touches it only in these, and asks only {@link #now()} for the time. Its queue is as
 * bounded as what is handed to it: deliveries by prefetch, requests by admission.
 *
 * <p>It has a thread of its own. A task that comes by {@link #executeHere} while nothing runs or
 * waits needs no hand-over to it, which takes longer than most tasks do: it is run by who brings
 * it.
 */
public final class Loop implements Executor, AutoCloseable {

  /** How often it ticks at the most. */
  public static final Duration TICK = Duration.ofMillis(50);

  /** How often at the least: by so much a stall may seem shorter than it was. */
  public static final Duration IDLE_TICK = Duration.ofMillis(500);

  /** How late a tick must be for the process to have stood still (protocol section 4, rule 2). */
  public static final Duration STOOD_STILL = Duration.ofMillis(500);

  /** Hears of each task's end, in its turn: time to pass on what the task has brought about. */
  public interface TaskEnd {
    /**
     * A task has ended.
     *
     * @param moreWaits whether the next one is there already
     */
    void onTaskEnd(boolean moreWaits);
  }

  private static final Logger log = LoggerFactory.getLogger(Loop.class);
  private static final long BUSY_TICK_NANOS = Duration.ofMillis(1).toNanos();

  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // Guarded by the lock.
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private boolean closed;

  /** Whose turn it is; written with the lock held. Before the start it is nobody else's. */
  private volatile Thread running;

  // Belong to the turn, which the lock hands on.
  private Ticker ticker;
  private TaskEnd taskEnd = moreWaits -> {};
  private long now;
  private long nextTick;
  private boolean sooner; // the next tick is to come sooner than its thread may think

  /** A loop that does not run yet; tasks may be handed to it already. */
  public Loop(String threadName) {
    thread = new Thread(this::run, threadName);
    thread.setDaemon(true);
    running = thread;
  }

  /** Who hears of the end of tasks and ticks; before the start. */
  public void onTaskEnd(TaskEnd taskEnd) {
    this.taskEnd = taskEnd;
  }

  /** Runs the tasks and ticks from now on. */
  public void start(Ticker ticker) {
    this.ticker = ticker;
    nextTick = System.nanoTime() + TICK.toNanos();
    endTurn();
    thread.start();
  }

  /** Hands over a task, from any thread; never blocks. What it throws is logged as a bug. */
  @Override
  public void execute(Runnable task) {
    lock.lock();
    try {
      tasks.add(task);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The same, but runs it here and now if it is its turn: for threads that hold no lock. The order
   * of tasks is that in which they come, by either way.
   */
  public void executeHere(Runnable task) {
    lock.lock();
    try {
      if (running != null || !tasks.isEmpty() || closed) {
        tasks.add(task);
        changed.signalAll();
        return;
      }
      running = Thread.currentThread();
    } finally {
      lock.unlock();
    }
    takeTurn(task);
  }

  /** {@link System#nanoTime} as of the running task; in its turn only. */
  public long now() {
    return now;
  }

  /** Whether the caller is called by a task or tick. */
  public boolean isItsTurn() {
    return running == Thread.currentThread();
  }

  /** Stops after the running task and waits for that; what is still queued does not run. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
      if (running == Thread.currentThread()) {
        return;
      }
    } finally {
      lock.unlock();
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (true) {
      Runnable task;
      lock.lock();
      try {
        task = awaitTurn();
        if (closed) {
          return;
        }
        running = thread;
      } catch (InterruptedException e) {
        closed = true; // nobody interrupts it but to end it
        return;
      } finally {
        lock.unlock();
      }
      takeTurn(task);
    }
  }

  /** The next task, or null when it is time to tick; or when it is closed, and nothing runs. */
  private Runnable awaitTurn() throws InterruptedException {
    while (true) {
      long nanos = nextTick - System.nanoTime();
      if (running == null && (closed || !tasks.isEmpty() || nanos <= 0)) {
        return tasks.poll();
      }
      long unused = changed.awaitNanos(Math.max(BUSY_TICK_NANOS, nanos));
    }
  }

  /** Whatever happens in a turn, it ends: else nothing would ever run again. */
  private void takeTurn(Runnable task) {
    try {
      guarded(() -> turn(task));
    } finally {
      endTurn();
    }
  }

  private void endTurn() {
    lock.lock();
    try {
      running = null;
      if (Thread.currentThread() != thread && (closed || sooner || !tasks.isEmpty())) {
        changed.signalAll();
      }
      sooner = false;
    } finally {
      lock.unlock();
    }
  }

  /**
   * In its turn.
   *
   * @param task null: only the tick
   */
  private void turn(Runnable task) {
    now = System.nanoTime();
    long late = now - nextTick;
    if (late >= STOOD_STILL.toNanos()) {
      guarded(() -> ticker.onStoodStill(late));
    }
    if (late >= 0) {
      nextTick = now + TICK.toNanos();
      guarded(() -> ticker.onTick(now));
      guarded(() -> nextTick = now + nanosToNextTick());
    }
    if (task != null) {
      tickSoon(); // it may end the idleness
      guarded(task);
    }
    boolean moreWaits = moreWaits();
    guarded(() -> taskEnd.onTaskEnd(moreWaits));
  }

  private long nanosToNextTick() {
    long wanted = Math.min(IDLE_TICK.toNanos(), ticker.nanosToNextTick(now));
    return Math.max(TICK.toNanos(), wanted);
  }

  private void tickSoon() {
    long soon = now + TICK.toNanos();
    if (soon - nextTick < 0) {
      nextTick = soon;
      sooner = true;
    }
  }

  private boolean moreWaits() {
    lock.lock();
    try {
      return !tasks.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException
        | Error e) { // a loop that has ended would leave a process that looks alive
      logBug(e);
    }
  }

  private static void logBug(Throwable bug) {
    try {
      log.error("event=bug thread={}", Thread.currentThread().getName(), bug);
    } catch (RuntimeException | Error e) {
      // What it says of itself may be the next bug, and there may be no memory to write it with.
    }
  }
}
