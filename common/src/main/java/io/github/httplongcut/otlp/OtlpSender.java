package io.github.httplongcut.otlp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.loop.RateLimit;
import io.micrometer.registry.otlp.OtlpMetricsSender;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends exports to the collector by HTTP. Throws nothing: Micrometer would log each exception. An
 * export that fails is lost; the next one has the same counters. Thread-safe: the last export may
 * come while another one is under way.
 */
final class OtlpSender implements OtlpMetricsSender {

  private static final Logger log = LoggerFactory.getLogger(OtlpSender.class);

  /** Timeout of an export, from the DNS lookup to the last byte of the response. */
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final OtlpSettings settings;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();

  @GuardedBy("this")
  private final RateLimit warnings = new RateLimit(Duration.ofMinutes(1));

  OtlpSender(OtlpSettings settings) {
    this.settings = settings;
  }

  @Override
  public void send(Request metrics) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(settings.url())
            .header("Content-Type", "application/x-protobuf")
            .POST(BodyPublishers.ofByteArray(metrics.getMetricsData()));
    settings.headers().forEach((name, value) -> request.setHeader(name, value.value()));
    CompletableFuture<HttpResponse<Void>> exchange =
        client.sendAsync(request.build(), BodyHandlers.discarding());
    try {
      int status = exchange.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS).statusCode();
      if (status / 100 != 2) {
        failed("the collector answered " + status);
      }
    } catch (ExecutionException e) {
      failed(e.getCause() instanceof ConnectException ? "cannot connect" : e.getCause().toString());
    } catch (TimeoutException e) {
      exchange.cancel(true); // also ends a response without an end
      failed("no complete response within " + TIMEOUT.toSeconds() + " s");
    } catch (InterruptedException e) {
      exchange.cancel(true);
      Thread.currentThread().interrupt();
    }
  }

  private void failed(String why) {
    OptionalLong suppressed = suppressedUntilNow();
    if (suppressed.isPresent()) {
      log.warn(
          "event=otlp_failed url={} why={} suppressed={}",
          LogText.quoted(settings.shownUrl()),
          LogText.quoted(why),
          suppressed.getAsLong());
    }
  }

  /** Returns the number of suppressed warnings if the next one may be logged; else empty. */
  private synchronized OptionalLong suppressedUntilNow() {
    return warnings.allows(System.nanoTime())
        ? OptionalLong.of(warnings.takeSuppressed())
        : OptionalLong.empty();
  }
}
