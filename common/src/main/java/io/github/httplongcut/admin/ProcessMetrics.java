package io.github.httplongcut.admin;

import com.sun.management.OperatingSystemMXBean;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Version;
import io.github.httplongcut.otlp.OtlpExport;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;

/** Meter registry of one process: JVM and system meters, and the meters that the role registers. */
public final class ProcessMetrics implements AutoCloseable {

  private static final double NANOS = 1e9;

  private final PrometheusMeterRegistry prometheus =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Optional<OtlpExport> otlp;
  private final MeterRegistry registry;
  private final JvmGcMetrics garbageCollection = new JvmGcMetrics();

  /**
   * Registers the JVM's and the system's meters.
   *
   * @param role value of the tag {@code role} of {@code longcut_info}
   * @param otlp gets all meters, too; closed with this object
   */
  public ProcessMetrics(Role role, Optional<OtlpExport> otlp) {
    this.otlp = otlp;
    registry = otlp.<MeterRegistry>map(this::withOtlp).orElse(prometheus);
    nameAsPrometheusDoes(registry);
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

  /** Replaces the two names of Micrometer's meters that {@code promtool check metrics} refuses. */
  private static void nameAsPrometheusDoes(MeterRegistry registry) {
    registry
        .config()
        .meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time")) // in nanoseconds
        .meterFilter(
            new MeterFilter() {
              @Override
              public Meter.Id map(Meter.Id id) {
                return id.getName().equals("system.cpu.count") ? id.withName("system.cpus") : id;
              }
            });
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
      FunctionCounter.builder("process.cpu", system, it -> it.getProcessCpuTime() / NANOS)
          .description("CPU time of the process, of all its threads")
          .baseUnit("seconds")
          .register(registry);
    }
  }

  /** A composite costs a little more at each recording, so there is none without an export. */
  private CompositeMeterRegistry withOtlp(OtlpExport export) {
    return new CompositeMeterRegistry(Clock.SYSTEM, List.of(prometheus, export.registry()));
  }

  /** Returns the registry for the role's own meters. */
  public MeterRegistry registry() {
    return registry;
  }

  /** Returns all meters in Prometheus' text format, version 0.0.4. */
  String scrape() {
    return prometheus.scrape();
  }

  /** Sends the last values to the OTLP collector, and removes the listeners from the JVM. */
  @Override
  public void close() {
    otlp.ifPresent(OtlpExport::close);
    garbageCollection.close();
    prometheus.close();
  }
}
