package io.github.httplongcut.config;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/**
 * SIGTERM and SIGINT: the first asks the process to finish what is in flight, the second ends it at
 * once.
 *
 * <p>A shutdown hook alone would not do: with one, the JVM ends with 143 after SIGTERM however
 * clean the end was, and hooks know nothing of a second signal. A JVM without {@link Signals} gets
 * the hook.
 */
final class StopSignal {

  private static final int SIGNAL_EXIT_CODE = 128;

  private final AtomicReference<String> first = new AtomicReference<>();
  private final CountDownLatch received = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  private StopSignal() {}

  /** Listens from now on. */
  static StopSignal install() {
    StopSignal stop = new StopSignal();
    try {
      Signals.handle("TERM", stop::onSignal);
      Signals.handle("INT", stop::onSignal);
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      Runtime.getRuntime().addShutdownHook(new Thread(stop::hook, "stop"));
    }
    return stop;
  }

  /** Waits for the first signal and returns its name; from any thread. */
  String await() throws InterruptedException {
    received.await();
    return first.get();
  }

  /** Says that all is done: a JVM that waits in the hook may end. */
  void ended() {
    ended.countDown();
  }

  private void onSignal(String name, int number) {
    if (first.compareAndSet(null, "SIG" + name)) {
      received.countDown();
    } else {
      Runtime.getRuntime().halt(SIGNAL_EXIT_CODE + number);
    }
  }

  private void hook() {
    first.compareAndSet(null, "shutdown");
    received.countDown();
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
