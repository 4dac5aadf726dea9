package io.github.httplongcut.broker.inspect;

import io.github.httplongcut.config.Settings;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settings of the section {@code inspect}, which {@code reference.conf} documents.
 *
 * @param capture whether requests and responses are kept
 * @param replay whether captured requests may be sent again
 * @param maxBytes the memory of all captured exchanges
 * @param maxBodyBytes the bytes that are kept of one body
 * @param mask further names whose values are masked
 */
public record InspectConfig(
    boolean capture, boolean replay, long maxBytes, long maxBodyBytes, List<String> mask) {

  /** Keeps nothing. */
  public static final InspectConfig OFF = new InspectConfig(false, false, 1, 1, List.of());

  private static final Logger log = LoggerFactory.getLogger(InspectConfig.class);

  /** Logs a warning if the broker keeps what customers send. */
  public void warnIfOn() {
    if (capture) {
      log.warn(
          "event=capture_on replay={} detail=\"headers and bodies of requests are kept in memory"
              + " and shown on the admin pages: set longcut.broker.inspect.capture = false when you"
              + " need them no more\"",
          replay);
    }
  }

  /** Reads and validates the section. */
  public static InspectConfig read(Settings inspect) {
    InspectConfig config =
        new InspectConfig(
            inspect.flag("capture"),
            inspect.flag("replay"),
            inspect.bytes("max-bytes"),
            inspect.bodyLimit("max-body-bytes"),
            inspect.texts("mask"));
    inspect.require(
        config.capture || !config.replay,
        "replay",
        "false unless inspect.capture is true: only captured requests can be sent again");
    return config;
  }
}
