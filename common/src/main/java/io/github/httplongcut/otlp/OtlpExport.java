package io.github.httplongcut.otlp;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Version;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.protocol.ProcessId;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.registry.otlp.AggregationTemporality;
import io.micrometer.registry.otlp.CompressionMode;
import io.micrometer.registry.otlp.HistogramFlavor;
import io.micrometer.registry.otlp.OtlpConfig;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a process's meters to an OTLP collector in each step, and once more at the end. A collector
 * that fails costs one log line a minute, and at the end at most {@link #LAST_EXPORT}: all threads
 * are daemons.
 */
public final class OtlpExport implements AutoCloseable {

  /** Limit of the time for the last export, at the end of the process. */
  static final Duration LAST_EXPORT = Duration.ofSeconds(1);

  private static final Logger log = LoggerFactory.getLogger(OtlpExport.class);

  private final OtlpSettings settings;
  private final OtlpMeterRegistry registry;

  private OtlpExport(OtlpSettings settings, OtlpMeterRegistry registry) {
    this.settings = settings;
    this.registry = registry;
  }

  /** Starts the export of a process's meters. */
  public static OtlpExport start(OtlpSettings settings, Role role, ProcessId id) {
    Map<String, String> attributes = new HashMap<>();
    attributes.put("service.name", "longcut-" + role.key());
    attributes.put("service.version", Version.current());
    attributes.put("service.instance.id", id.toString());
    attributes.putAll(settings.resourceAttributes());
    log.info(
        "event=otlp_started url={} step={}", LogText.quoted(settings.shownUrl()), settings.step());
    return new OtlpExport(
        settings,
        OtlpMeterRegistry.builder(new Config(settings, attributes))
            .threadFactory(task -> daemon(task, "otlp"))
            .metricsSender(new OtlpSender(settings))
            .build());
  }

  /** Returns the registry whose meters are exported. */
  public MeterRegistry registry() {
    return registry;
  }

  /** Sends the last values, unless that takes too long, and ends the export. */
  @Override
  public void close() {
    Thread closing = daemon(registry::close, "otlp close");
    closing.start();
    try {
      closing.join(LAST_EXPORT.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (closing.isAlive()) {
      log.warn(
          "event=otlp_last_export_lost url={} waited={}",
          LogText.quoted(settings.shownUrl()),
          LAST_EXPORT);
    }
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Micrometer's configuration from our settings only: without these methods it would also read
   * environment variables. The header fields are missing on purpose: {@link OtlpSender} adds them,
   * so that Micrometer cannot log them.
   */
  private record Config(OtlpSettings settings, Map<String, String> attributes)
      implements OtlpConfig {

    @Override
    public String get(String key) {
      return null;
    }

    @Override
    public String url() {
      return settings.url().toString();
    }

    @Override
    public Duration step() {
      return settings.step();
    }

    @Override
    public Map<String, String> headers() {
      return Map.of();
    }

    @Override
    public Map<String, String> resourceAttributes() {
      return attributes;
    }

    @Override
    public AggregationTemporality aggregationTemporality() {
      return AggregationTemporality.CUMULATIVE;
    }

    @Override
    public HistogramFlavor histogramFlavor() {
      return HistogramFlavor.EXPLICIT_BUCKET_HISTOGRAM;
    }

    @Override
    public CompressionMode compressionMode() {
      return CompressionMode.NONE;
    }

    @Override
    public TimeUnit baseTimeUnit() {
      return TimeUnit.SECONDS;
    }
  }
}
