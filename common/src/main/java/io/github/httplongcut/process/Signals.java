package io.github.httplongcut.process;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * Handles signals of the operating system with {@code sun.misc.Signal}. The class is used by
 * reflection, because javac's warning about it cannot be suppressed. A JVM may lack the class
 * (module {@code jdk.unsupported}).
 */
final class Signals {

  /** Receives signals, each on a new thread. */
  interface Handler {
    void onSignal(String name, int number);
  }

  private Signals() {}

  /**
   * Installs a handler. A signal that was ignored when the JVM started, as under {@code nohup},
   * stays ignored.
   *
   * @param name the signal's name without SIG
   * @throws ReflectiveOperationException if the JVM cannot handle signals
   * @throws IllegalArgumentException if the JVM must not handle this signal (option {@code -Xrs})
   */
  static void handle(String name, Handler handler) throws ReflectiveOperationException {
    Class<?> signalType = Class.forName("sun.misc.Signal");
    Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
    InvocationHandler invocation =
        (proxy, method, arguments) -> {
          if (method.getName().equals("handle")) {
            int number = (int) signalType.getMethod("getNumber").invoke(arguments[0]);
            handler.onSignal(name, number);
          }
          return null;
        };
    Object proxied =
        Proxy.newProxyInstance(
            Signals.class.getClassLoader(), new Class<?>[] {handlerType}, invocation);
    Object signal = signalType.getConstructor(String.class).newInstance(name);
    signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, proxied);
  }
}
