package io.github.httplongcut.loop;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Event loop: runs tasks one at a time, and ticks every 50 ms, less often while idle. State that
 * belongs to a loop is used only in its tasks and ticks, which read the time from {@link #now()}
 * only.
 *
 * <p>The task queue has no limit. Its producers are limited: deliveries by the prefetch, requests
 * by admission.
 *
 * <p>The loop has its own thread. {@link #executeHere} runs a task on the calling thread instead if
 * no other task runs or waits, because a hand-over between threads takes longer than most tasks.
 */
public final class Loop implements Executor, AutoCloseable {

  /** Shortest interval between ticks. */
  public static final Duration TICK = Duration.ofMillis(50);

  /**
   * Longest interval between ticks. A pause of the process may be under-measured by up to this
   * much.
   */
  public static final Duration IDLE_TICK = Duration.ofMillis(500);

  /**
   * Shortest delay of a tick that counts as a pause of the process (protocol section 4, rule 2).
   */
  public static final Duration SUSPENDED_AFTER = Duration.ofMillis(500);

  /**
   * Time that an admin page waits for the loop. It is busy for longer only if something is wrong.
   */
  public static final Duration PAGE_TIMEOUT = Duration.ofSeconds(1);

  /** Listener that runs after each task, still in the loop, to publish the results of the task. */
  public interface TaskEnd {
    /**
     * Called after a task or tick.
     *
     * @param moreTasks true if another task is already waiting
     */
    void onTaskEnd(boolean moreTasks);
  }

  private static final Logger log = LoggerFactory.getLogger(Loop.class);
  private static final long BUSY_TICK_NANOS = Duration.ofMillis(1).toNanos();

  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private final Queue<Runnable> tasks = new ArrayDeque<>();

  @GuardedBy("lock")
  private boolean closed;

  /**
   * Thread that runs a task or tick now; null if none does. Written with the lock held. Until the
   * start it is the loop's own thread, so that no task runs.
   */
  private volatile Thread running;

  // Used only by the running thread. The lock makes changes visible to the next running thread.
  private Ticker ticker;
  private TaskEnd taskEnd = moreTasks -> {};
  private long now;
  private long nextTick;
  private boolean nextTickAdvanced; // the loop's thread may still wait until the later, old time

  /** Creates a loop that does not run yet. Tasks may be queued before the start. */
  public Loop(String threadName) {
    thread = new Thread(this::run, threadName);
    thread.setDaemon(true);
    running = thread;
  }

  /** Sets the listener for the end of tasks and ticks. Call before {@link #start}. */
  public void onTaskEnd(TaskEnd taskEnd) {
    this.taskEnd = taskEnd;
  }

  /** Starts to run tasks and to tick. */
  public void start(Ticker ticker) {
    this.ticker = ticker;
    nextTick = System.nanoTime() + TICK.toNanos();
    endTurn();
    thread.start();
  }

  /**
   * Queues a task. Any thread may call this; never blocks. An exception of the task is logged as a
   * bug.
   */
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
   * Runs a task on the loop's own thread and waits for its end. Must not be called on the loop.
   *
   * @return false if the task has not ended within {@code atMost}; it may still run later
   */
  public boolean executeAndWait(Runnable task, Duration atMost) throws InterruptedException {
    CountDownLatch ended = new CountDownLatch(1);
    execute(
        () -> {
          try {
            task.run();
          } finally {
            ended.countDown();
          }
        });
    return ended.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Runs the task on the calling thread if no other task runs or waits, else queues it. The calling
   * thread must hold no lock. Tasks run in the order of the calls of this method and of {@link
   * #execute}.
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

  /**
   * Returns {@link System#nanoTime} at the start of the running task. Call from tasks and ticks
   * only.
   */
  public long now() {
    return now;
  }

  /** Returns whether the current thread is running a task or tick of this loop. */
  public boolean isItsTurn() {
    return running == Thread.currentThread();
  }

  /** Stops the loop after the running task, and waits for its end. Queued tasks do not run. */
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
        closed = true; // an interrupt means that the thread must end
        return;
      } finally {
        lock.unlock();
      }
      takeTurn(task);
    }
  }

  /**
   * Waits until no task runs. Returns the next task, or null if a tick is due or the loop is
   * closed.
   */
  @GuardedBy("lock")
  private Runnable awaitTurn() throws InterruptedException {
    while (true) {
      long nanos = nextTick - System.nanoTime();
      if (running == null && (closed || !tasks.isEmpty() || nanos <= 0)) {
        return tasks.poll();
      }
      long unused = changed.awaitNanos(Math.max(BUSY_TICK_NANOS, nanos));
    }
  }

  /**
   * Runs one turn: a tick, a task or both. Always ends the turn, because otherwise no task would
   * ever run again.
   */
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
      if (Thread.currentThread() != thread && (closed || nextTickAdvanced || !tasks.isEmpty())) {
        changed.signalAll();
      }
      nextTickAdvanced = false;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Runs the ticks that are due, then the task.
   *
   * @param task the task, or null to tick only
   */
  private void turn(Runnable task) {
    now = System.nanoTime();
    long late = now - nextTick;
    if (late >= SUSPENDED_AFTER.toNanos()) {
      guarded(() -> ticker.onSuspended(late));
    }
    if (late >= 0) {
      nextTick = now + TICK.toNanos();
      guarded(() -> ticker.onTick(now));
      guarded(() -> nextTick = now + nanosToNextTick());
    }
    if (task != null) {
      tickSoon(); // the task may add deadlines
      guarded(task);
    }
    boolean moreTasks = moreTasks();
    guarded(() -> taskEnd.onTaskEnd(moreTasks));
  }

  private long nanosToNextTick() {
    long wanted = Math.min(IDLE_TICK.toNanos(), ticker.nanosToNextTick(now));
    return Math.max(TICK.toNanos(), wanted);
  }

  private void tickSoon() {
    long soon = now + TICK.toNanos();
    if (soon - nextTick < 0) {
      nextTick = soon;
      nextTickAdvanced = true;
    }
  }

  private boolean moreTasks() {
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
        | Error e) { // if the loop ended, the process would stay alive and do nothing
      logBug(e);
    }
  }

  private static void logBug(Throwable bug) {
    try {
      log.error("event=bug thread={}", Thread.currentThread().getName(), bug);
    } catch (RuntimeException | Error e) {
      // The exception's own toString may throw, or there may be no memory for logging.
    }
  }
}
