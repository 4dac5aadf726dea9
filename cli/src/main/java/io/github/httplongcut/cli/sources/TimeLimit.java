package io.github.httplongcut.cli.sources;

import io.github.httplongcut.cli.CommandFailedException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Limits the total time of a blocking operation: a name lookup, connecting, sending and receiving.
 * The operation runs on a daemon thread of its own, because a name lookup cannot be interrupted: a
 * thread that hangs is left behind, and does not keep the process from ending.
 */
final class TimeLimit {

  /** Operation that may block. */
  interface Operation<T> {
    T run() throws IOException;
  }

  private TimeLimit() {}

  /**
   * Runs an operation.
   *
   * @param source name of the source for the error message
   * @param abort makes the operation end early, by closing what it has opened; called on the
   *     caller's thread if the time is over
   * @throws CommandFailedException if the time is over
   * @throws IOException if the operation throws it
   */
  static <T> T run(Duration limit, String source, Operation<T> operation, Runnable abort)
      throws IOException {
    FutureTask<T> task = new FutureTask<>(operation::run);
    Thread thread = new Thread(task, "ask " + source);
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      abort.run();
      throw failure(limit, source, e);
    } catch (InterruptedException e) {
      abort.run();
      Thread.currentThread().interrupt();
      throw new CommandFailedException("interrupted while asking " + source, e);
    } catch (ExecutionException e) {
      throw rethrown(e.getCause());
    }
  }

  /** Returns the failure of a source that did not answer in time, with the remedy. */
  static CommandFailedException failure(Duration limit, String source, Exception cause) {
    return new CommandFailedException(
        source + " " + noAnswerWithin(limit) + "; check that it runs and is not suspended", cause);
  }

  /** Returns the reason for a missing answer: {@code did not answer within 2 s}. */
  static String noAnswerWithin(Duration limit) {
    String time = limit.toMillisPart() == 0 ? limit.toSeconds() + " s" : limit.toMillis() + " ms";
    return "did not answer within " + time;
  }

  private static IOException rethrown(Throwable failure) {
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
    if (failure instanceof Error error) {
      throw error;
    }
    return failure instanceof IOException exception ? exception : new IOException(failure);
  }
}
