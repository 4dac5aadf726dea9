package io.github.httplongcut.cli.doctor;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Answer that several checks need, and that is asked for once. The question runs on a daemon thread
 * of its own, so that a check that is interrupted does not spoil the answer for the others.
 * Thread-safe.
 */
final class Once<T> {

  private final FutureTask<T> task;
  private final AtomicBoolean asked = new AtomicBoolean();

  Once(Callable<T> question) {
    this.task = new FutureTask<>(question);
  }

  /**
   * Returns the answer; asks if nobody has asked yet.
   *
   * @throws Exception if the question throws it; the same for each caller
   */
  T get() throws Exception {
    if (!asked.getAndSet(true)) {
      Thread thread = new Thread(task, "doctor question");
      thread.setDaemon(true);
      thread.start();
    }
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }
}
