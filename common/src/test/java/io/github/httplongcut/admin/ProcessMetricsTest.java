package io.github.httplongcut.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.otlp.OtlpExport;
import io.github.httplongcut.otlp.OtlpSettings;
import io.github.httplongcut.protocol.ProcessId;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProcessMetricsTest {

  @Test
  void prometheusGetsTheMetersThatAreExported() {
    URI nowhere = URI.create("http://127.0.0.1:1/v1/metrics");
    OtlpSettings settings = new OtlpSettings(nowhere, Duration.ofHours(1), Map.of(), Map.of());
    OtlpExport export = OtlpExport.start(settings, Role.BROKER, ProcessId.parse("broker.b-aaaaaa"));
    try (ProcessMetrics metrics = new ProcessMetrics(Role.BROKER, Optional.of(export))) {
      metrics.registry().counter("longcut.things", "kind", "big").increment(3);

      assertThat(metrics.scrape()).contains("longcut_things_total{kind=\"big\"} 3.0");
      assertThat(export.registry().get("longcut.things").counter().count()).isEqualTo(3);
    }
  }

  /** {@code promtool check metrics} refuses Micrometer's names of these two. */
  @Test
  void cpuMetersHaveTheNamesThatPrometheusExpects() {
    try (ProcessMetrics metrics = new ProcessMetrics(Role.BROKER, Optional.empty())) {
      assertThat(metrics.scrape())
          .containsPattern("\nprocess_cpu_seconds_total [0-9.]+\n")
          .containsPattern("\nsystem_cpus [0-9.]+\n")
          .contains("process_cpu_usage", "system_cpu_usage")
          .doesNotContain("process_cpu_time", "system_cpu_count");
    }
  }

  /** Recording in a composite costs more. */
  @Test
  void withoutAnExportMetersAreRecordedDirectly() {
    try (ProcessMetrics metrics = new ProcessMetrics(Role.BROKER, Optional.empty())) {
      assertThat(metrics.registry()).isInstanceOf(PrometheusMeterRegistry.class);
    }
  }
}
