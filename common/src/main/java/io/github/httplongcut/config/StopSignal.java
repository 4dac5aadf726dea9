package io.github.httplongcut.config;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/**
 * SIGTERM and SIGINT: the first asks the process to finish what is in flight, the second ends it at
 * once.
 *
 * <p>A shutdown hook alone would not do: with one, the JVM ends with 143 after SIGTERM however
 * clean the end was, and hooks know nothing of a second signal. {@code sun.misc.Signal} is reached
 * by reflection, since javac warns of any use of it and lets nobody silence that. A JVM without it
 * (module {@code jdk.unsupported}) gets the hook.
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
      stop.handle("TERM");
      stop.handle("INT");
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

  private void handle(String name) throws ReflectiveOperationException {
    Class<?> signalType = Class.forName("sun.misc.Signal");
    Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
    InvocationHandler onSignal =
        (proxy, method, arguments) -> {
          if (method.getName().equals("handle")) {
            int number = (int) signalType.getMethod("getNumber").invoke(arguments[0]);
            onSignal(name, number);
          }
          return null;
        };
    Object handler =
        Proxy.newProxyInstance(
            StopSignal.class.getClassLoader(), new Class<?>[] {handlerType}, onSignal);
    Object signal = signalType.getConstructor(String.class).newInstance(name);
    signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, handler);
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
