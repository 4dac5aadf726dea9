package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.metrics.BoundedLabels;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AdmissionMetricsTest {

  private static final CallerAddress CALLER = new CallerAddress(false, 1);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void eachTargetHasItsMeters() throws RequestRefusedException {
    Admission admission = register(AdmissionTest.admission(10, 1_000, "a", "b"));

    admission.acquire("a", CALLER, 1, 0).onRequestComplete(0);

    assertThat(valueOf("requests", "a")).isEqualTo(1);
    assertThat(valueOf("requests", "b")).isZero();
    assertThat(valueOf("requests.limit", "a")).isEqualTo(10);
  }

  @Test
  void targetsOverTheLimitShareTheirMeters() throws RequestRefusedException {
    String[] targets =
        IntStream.range(0, BoundedLabels.MAX_VALUES + 2)
            .mapToObj("t%04d"::formatted)
            .toArray(String[]::new);
    Admission admission = register(AdmissionTest.admission(1_000, 100_000, targets));

    admission.acquire("t1000", CALLER, 1, 0).onRequestComplete(0);
    Admission.Permit busy = admission.acquire("t1001", CALLER, 1, 0);
    busy.onRequestComplete(0);
    assertThat(valueOf("requests", BoundedLabels.OTHER)).isEqualTo(2);
    busy.onUpstreamBusy();

    assertThat(valueOf("requests", BoundedLabels.OTHER)).isEqualTo(1);
    assertThat(valueOf("requests.limit", BoundedLabels.OTHER)).as("the lowest").isEqualTo(32);
    assertThat(valueOf("requests.limit", "t0000")).isEqualTo(1_000);
    assertThat(registry.get("longcut.client.target.requests").gauges())
        .hasSize(BoundedLabels.MAX_VALUES + 1);
  }

  private Admission register(Admission admission) {
    AdmissionMetrics.register(registry, new BoundedLabels(), admission);
    return admission;
  }

  private double valueOf(String meter, String label) {
    return registry
        .get("longcut.client.target." + meter)
        .tag("upstream_target", label)
        .gauge()
        .value();
  }
}
