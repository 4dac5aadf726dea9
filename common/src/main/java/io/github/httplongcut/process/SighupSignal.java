package io.github.httplongcut.process;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Handler of SIGHUP, which the kernel sends when the controlling terminal closes. */
public final class SighupSignal {

  private static final Logger log = LoggerFactory.getLogger(SighupSignal.class);

  private SighupSignal() {}

  /**
   * Logs each SIGHUP instead of ending the process. If the JVM cannot handle signals, SIGHUP ends
   * the process.
   */
  public static void ignore() {
    try {
      Signals.handle(
          "HUP",
          (name, number) ->
              log.warn(
                  "event=signal_ignored signal=SIG{} why=\"settings are read only at start; restart the process to change them\"",
                  name));
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      log.debug("event=signal_not_handled signal=SIGHUP", e);
    }
  }
}
