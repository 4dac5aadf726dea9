package io.github.httplongcut.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.httplongcut.admin.ProcessMetrics;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.metrics.LatencyHistogram;
import io.github.httplongcut.protocol.ProcessId;
import io.micrometer.registry.otlp.OtlpMetricsSender.Request;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** Exports to a collector that decodes them, and to collectors that fail. */
class OtlpExportTest {

  private static final ProcessId ID = ProcessId.parse("broker.b-aaaaaa");
  private static final Duration STEP = Duration.ofSeconds(1);

  /** More than the limit of the last export, and less than the timeout of an ordinary one. */
  private static final Duration SOON = OtlpExport.LAST_EXPORT.plusSeconds(2);

  private static final Logger LOG = (Logger) LoggerFactory.getLogger("io.github.httplongcut.otlp");
  private static final Logger MICROMETER = (Logger) LoggerFactory.getLogger("io.micrometer");

  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  @BeforeEach
  void watchTheLog() {
    logged.start();
    LOG.addAppender(logged);
    MICROMETER.addAppender(logged);
  }

  @AfterEach
  void leaveTheLog() {
    LOG.detachAppender(logged);
    MICROMETER.detachAppender(logged);
  }

  @Test
  void metersReachTheCollectorInEachStep() throws Exception {
    try (OtlpCollector collector = new OtlpCollector(OtlpCollector.Behaviour.ACCEPTS);
        ProcessMetrics metrics = metrics(collector.url())) {
      metrics.registry().counter("longcut.test.things", "kind", "big").increment(3);
      LatencyHistogram.named("longcut.test").register(metrics.registry()).record(STEP);

      await().until(() -> collector.exports().size() >= 2);
      OtlpCollector.Export last = collector.exports().get(collector.exports().size() - 1);
      assertThat(last.contentType()).isEqualTo("application/x-protobuf");
      assertThat(last.authorization()).isEqualTo("Bearer x");
      assertThat(attributes(last))
          .containsEntry("service.name", "longcut-broker")
          .containsEntry("service.instance.id", "broker.b-aaaaaa")
          .containsEntry("deployment.environment.name", "test");
      Metric counter = metric(last, "longcut.test.things");
      assertThat(counter.getSum().getIsMonotonic()).isTrue();
      assertThat(counter.getSum().getDataPoints(0).getAsDouble()).isEqualTo(3);
      HistogramDataPoint timer = metric(last, "longcut.test").getHistogram().getDataPoints(0);
      assertThat(timer.getExplicitBoundsList()).startsWith(0.001, 0.0025).endsWith(10.0, 30.0);
      assertThat(timer.getSum()).isEqualTo(1);
      assertThat(metric(last, "jvm.memory.used").getGauge().getDataPointsCount()).isPositive();
    }
    assertThat(warnings()).isEmpty();
  }

  @Test
  void theLastValuesAreSentAtTheEnd() throws Exception {
    try (OtlpCollector collector = new OtlpCollector(OtlpCollector.Behaviour.ACCEPTS)) {
      ProcessMetrics metrics = metrics(collector.url(), Duration.ofHours(1));
      metrics.registry().counter("longcut.test.things").increment();

      metrics.close();

      assertThat(collector.exports()).hasSize(1);
      Metric counter = metric(collector.exports().get(0), "longcut.test.things");
      assertThat(counter.getSum().getDataPoints(0).getAsDouble()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ACCEPTS")
  void aFailingCollectorCostsOneLineAndNotTheEnd(OtlpCollector.Behaviour behaviour)
      throws Exception {
    try (OtlpCollector collector = new OtlpCollector(behaviour)) {
      ProcessMetrics metrics = metrics(collector.url());
      await().until(() -> !collector.exports().isEmpty());
      if (behaviour == OtlpCollector.Behaviour.FAILS) {
        await().until(() -> collector.exports().size() >= 3);
      }

      long before = System.nanoTime();
      metrics.close();

      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(SOON);
      // The collector of the last test has closed the connections on which it never answered.
      assertThat(warnings())
          .filteredOn(each -> each.contains(collector.url().toString()))
          .hasSize(1);
    }
    assertThat(exportThreads()).allMatch(Thread::isDaemon);
  }

  @Test
  void anUnreachableCollectorIsLoggedOnceAMinute() throws Exception {
    URI closed;
    try (OtlpCollector collector = new OtlpCollector(OtlpCollector.Behaviour.ACCEPTS)) {
      closed = collector.url();
    }
    OtlpSender sender = new OtlpSender(settings(closed, STEP));

    for (int i = 0; i < 3; i++) {
      sender.send(Request.builder(new byte[0]).build());
    }

    assertThat(warnings())
        .singleElement()
        .asString()
        .startsWith("event=otlp_failed url=\"http://127.0.0.1:")
        .contains("why=\"cannot connect\"");
  }

  private static ProcessMetrics metrics(URI url) {
    return metrics(url, STEP);
  }

  private static ProcessMetrics metrics(URI url, Duration step) {
    OtlpExport export = OtlpExport.start(settings(url, step), Role.BROKER, ID);
    return new ProcessMetrics(Role.BROKER, Optional.of(export));
  }

  private static OtlpSettings settings(URI url, Duration step) {
    return new OtlpSettings(
        url,
        step,
        Map.of("Authorization", new Secret("Bearer x")),
        Map.of("deployment.environment.name", "test"));
  }

  private static Map<String, String> attributes(OtlpCollector.Export export) {
    return resource(export).getResource().getAttributesList().stream()
        .collect(Collectors.toMap(KeyValue::getKey, each -> each.getValue().getStringValue()));
  }

  private static Metric metric(OtlpCollector.Export export, String name) {
    return resource(export).getScopeMetrics(0).getMetricsList().stream()
        .filter(each -> each.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static ResourceMetrics resource(OtlpCollector.Export export) {
    return export.metrics().getResourceMetrics(0);
  }

  private List<String> warnings() {
    return List.copyOf(logged.list).stream()
        .filter(each -> each.getLevel().isGreaterOrEqual(Level.WARN))
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  private static List<Thread> exportThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(each -> each.getName().startsWith("otlp"))
        .toList();
  }
}
