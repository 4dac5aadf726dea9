package io.github.httplongcut.config;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * Signals of the operating system, by {@code sun.misc.Signal}. It is reached by reflection, since
 * javac warns of any use of it and lets nobody silence that. A JVM may lack it (module {@code
 * jdk.unsupported}).
 */
final class Signals {

  /** Called on a thread of its own for each signal. */
  interface Handler {
    void onSignal(String name, int number);
  }

  private Signals() {}

  /**
   * Handles a signal from now on. One that was ignored when the JVM started, as by {@code nohup},
   * stays ignored.
   *
   * @param name without SIG
   * @throws ReflectiveOperationException if the JVM cannot handle signals
   * @throws IllegalArgumentException if it must not handle this one (option {@code -Xrs})
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
