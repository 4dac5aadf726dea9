package io.github.httplongcut.process;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Handler of SIGTERM and SIGINT. The first signal asks the process to finish what is in flight; the
 * second ends the process immediately.
 *
 * <p>A shutdown hook is only the fallback for a JVM that cannot handle signals. With a hook the JVM
 * exits with 143 after SIGTERM even after a clean end, and the hook does not see a second signal.
 */
final class StopSignal {

  private static final int SIGNAL_EXIT_CODE = 128;

  private final AtomicReference<String> first = new AtomicReference<>();
  private final CountDownLatch received = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  private StopSignal() {}

  /** Installs the handlers, or the shutdown hook if the JVM cannot handle signals. */
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

  /** Waits for the first signal and returns its name. Any thread may call this. */
  String await() throws InterruptedException {
    received.await();
    return first.get();
  }

  /** Lets the shutdown hook end, if it waits: the role is closed. */
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
