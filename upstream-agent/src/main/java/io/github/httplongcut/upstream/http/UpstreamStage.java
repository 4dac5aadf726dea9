package io.github.httplongcut.upstream.http;

import io.github.httplongcut.metrics.LatencyHistogram;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;

/** Stage of a request in the upstream agent, with a latency histogram. */
public enum UpstreamStage {
  /** From the delivery to the start of the call; for a POST this includes the settling. */
  START,
  /** From the start of the call until a connection takes the request. */
  CONNECT,
  /** From the time when a connection takes the request to the last byte of the response. */
  CALL,
  /** From the publication of the answer to RabbitMQ's confirm. */
  CONFIRM;

  /** Registers the stage's histogram. */
  public Timer register(MeterRegistry registry) {
    return LatencyHistogram.named("longcut.upstream.stage")
        .description("Time that a request spends in a stage of the upstream agent")
        .tag("stage", name().toLowerCase(Locale.ROOT))
        .register(registry);
  }
}
