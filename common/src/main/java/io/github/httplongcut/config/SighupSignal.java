package io.github.httplongcut.config;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** SIGHUP, which a process gets when the terminal that it was started from closes. */
public final class SighupSignal {

  private static final Logger log = LoggerFactory.getLogger(SighupSignal.class);

  private SighupSignal() {}

  /** Logs the signal from now on, and goes on. Where the JVM cannot, the signal ends it. */
  public static void ignore() {
    try {
      Signals.handle(
          "HUP",
          (name, number) ->
              log.warn(
                  "event=signal_ignored signal=SIG{} why=\"settings are read at the start only\"",
                  name));
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      log.debug("event=signal_not_handled signal=SIGHUP", e);
    }
  }
}
