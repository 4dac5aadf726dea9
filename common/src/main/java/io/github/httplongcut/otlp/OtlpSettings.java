package io.github.httplongcut.otlp;

import io.github.httplongcut.config.Authority;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.config.Settings;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Settings of the export to an OTLP collector, {@code longcut.otlp}.
 *
 * @param url the collector's address for metrics; http or https
 * @param step time between two exports, at least a second
 * @param headers HTTP header fields of each export, by name
 * @param resourceAttributes attributes to add to those that each process has, or to replace them
 */
public record OtlpSettings(
    URI url, Duration step, Map<String, Secret> headers, Map<String, String> resourceAttributes) {

  private static final Duration MIN_STEP = Duration.ofSeconds(1);
  private static final String URL_FORM =
      "an http or https URL without user and fragment, such as http://localhost:4318/v1/metrics";
  private static final URI NO_URL = URI.create("http://0.0.0.0");

  public OtlpSettings {
    headers = Map.copyOf(headers);
    resourceAttributes = Map.copyOf(resourceAttributes);
  }

  /** Reads the section {@code longcut.otlp}; empty if it has no {@code url}. */
  public static Optional<OtlpSettings> read(Settings otlp) {
    Duration step = otlp.duration("step");
    otlp.require(step.compareTo(MIN_STEP) >= 0, "step", "at least 1s");
    Map<String, Secret> headers = readHeaders(otlp);
    Map<String, String> attributes = otlp.pairs("resource-attributes");
    return otlp.optional(
        "url",
        () ->
            new OtlpSettings(
                otlp.parsed("url", URL_FORM, OtlpSettings::parseUrl, NO_URL),
                step,
                headers,
                attributes));
  }

  /** Returns the URL for logs. */
  String shownUrl() {
    return Secret.withoutQuery(url.toString());
  }

  private static Map<String, Secret> readHeaders(Settings otlp) {
    Map<String, Secret> headers = new TreeMap<>();
    otlp.pairs("headers")
        .forEach(
            (name, value) -> {
              if (!isHeader(name, value)) {
                otlp.refuse("headers", "not a header field that a client may set: " + name);
              }
              headers.put(name, new Secret(value));
            });
    return headers;
  }

  /** Asks the HTTP client, which also refuses fields such as Host and Content-Length. */
  private static boolean isHeader(String name, String value) {
    try {
      HttpRequest.newBuilder().header(name, value);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static URI parseUrl(String text) {
    URI url = URI.create(text);
    Authority authority = Authority.of(url).orElseThrow(IllegalArgumentException::new);
    boolean isHttp = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
    if (!isHttp || authority.userInfo().isPresent() || url.getRawFragment() != null) {
      throw new IllegalArgumentException();
    }
    HttpRequest.newBuilder(url); // throws if the HTTP client cannot use the host
    return url;
  }
}
