package io.github.httplongcut.admin;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Version;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

/** Meter registry of one process: JVM and system meters, and the meters that the role registers. */
public final class ProcessMetrics implements AutoCloseable {

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics garbageCollection = new JvmGcMetrics();

  /**
   * @param role value of the tag {@code role} of {@code longcut_info}
   */
  public ProcessMetrics(Role role) {
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    garbageCollection.bindTo(registry);
    Gauge.builder("longcut.info", () -> 1)
        .description("Always 1; the tags name the role and the release")
        .tag("role", role.key())
        .tag("version", Version.current())
        .register(registry);
  }

  /** Returns the registry for the role's own meters. */
  public MeterRegistry registry() {
    return registry;
  }

  /** Returns all meters in Prometheus' text format, version 0.0.4. */
  String scrape() {
    return registry.scrape();
  }

  /** Removes the listeners from the JVM. */
  @Override
  public void close() {
    garbageCollection.close();
    registry.close();
  }
}
