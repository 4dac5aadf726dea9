package io.github.httplongcut.cli.sources;

import io.github.httplongcut.cli.CommandFailedException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks sources at the same time, with one deadline for all of them. The time begins with the
 * creation of the gathering.
 *
 * <p>The questions run on daemon threads: one that hangs does not keep the process from ending.
 */
public final class Gathering implements AutoCloseable {

  /** Longest time for which any source is waited for. */
  public static final Duration LIMIT = Duration.ofSeconds(2);

  /** Number of sources that are asked at the same time; further ones wait for their turn. */
  private static final int THREADS = 32;

  private final Duration limit;
  private final long deadline;
  private final ExecutorService threads;

  /** Begins a gathering that ends after {@link #LIMIT}. */
  public Gathering() {
    this(LIMIT);
  }

  Gathering(Duration limit) {
    this.limit = limit;
    this.deadline = System.nanoTime() + limit.toNanos();
    this.threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "gathering");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Asks a source. Returns at once.
   *
   * @param source name of the source for the output
   * @param question returns the answer, not null. The message of a {@link CommandFailedException}
   *     is the reason why there is no answer.
   */
  public <T> Asked<T> ask(String source, Callable<T> question) {
    return new Asked<>(this, source, threads.submit(question));
  }

  /** Interrupts the questions that have not been answered. */
  @Override
  public void close() {
    threads.shutdownNow();
  }

  /** Question to a source. */
  public static final class Asked<T> {

    private final Gathering gathering;
    private final String source;
    private final Future<T> future;

    private Asked(Gathering gathering, String source, Future<T> future) {
      this.gathering = gathering;
      this.source = source;
      this.future = future;
    }

    /** Waits for the answer, at most until the deadline of the gathering. */
    public Gathered<T> result() {
      long left = Math.max(0, gathering.deadline - System.nanoTime());
      try {
        return Gathered.of(source, future.get(left, TimeUnit.NANOSECONDS));
      } catch (TimeoutException e) {
        future.cancel(true);
        return Gathered.missing(source, TimeLimit.noAnswerWithin(gathering.limit));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Gathered.missing(source, "the tool was interrupted");
      } catch (ExecutionException e) {
        return Gathered.missing(source, reason(e.getCause()));
      }
    }

    private static String reason(Throwable failure) {
      return failure instanceof CommandFailedException
          ? failure.getMessage()
          : "the tool has failed: " + failure;
    }
  }
}
