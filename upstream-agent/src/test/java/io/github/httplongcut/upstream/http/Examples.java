package io.github.httplongcut.upstream.http;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.upstream.http.TargetConfig.Trust;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import org.apache.hc.client5.http.DnsResolver;

/** Targets and requests for tests. */
public final class Examples {

  static final Trust SYSTEM_TRUST = new Trust(Optional.empty(), false);
  static final Trust INSECURE = new Trust(Optional.empty(), true);

  private Examples() {}

  /** Target {@code orders}: capacity 2, timeout 10 s, response bodies of at most 1,000 bytes. */
  public static TargetConfig config(String url) {
    return config(url, SYSTEM_TRUST);
  }

  static TargetConfig config(String url, Trust trust) {
    return new TargetConfig(
        "orders",
        URI.create(url),
        2,
        Duration.ofSeconds(10),
        1_000,
        false,
        trust,
        Optional.empty());
  }

  /** Returns {@link #config(String)} under another name. */
  static TargetConfig named(String name, String url) {
    TargetConfig config = config(url);
    return new TargetConfig(
        name,
        config.url(),
        config.capacity(),
        config.timeout(),
        config.maxResponseBody(),
        config.preserveHost(),
        config.trust(),
        config.healthCheck());
  }

  static TargetConfig preservingHost(String url) {
    TargetConfig config = config(url);
    return new TargetConfig(
        config.name(),
        config.url(),
        config.capacity(),
        config.timeout(),
        config.maxResponseBody(),
        true,
        config.trust(),
        config.healthCheck());
  }

  public static Request get(String url) {
    return request("GET", url, Body.ABSENT);
  }

  public static Request post(String body) {
    return request("POST", "/", Body.ofText(body));
  }

  public static Request request(String method, String url, Body body) {
    return new Request("orders", method, url, headers("Host", "caller.example"), body);
  }

  public static Request withHeaders(Request request, Headers headers) {
    return new Request(
        request.upstreamTarget(), request.method(), request.url(), headers, request.body());
  }

  /**
   * Returns a DNS resolver in which every name has the loopback address.
   *
   * @param lookup called with each name first; may block or throw
   */
  static DnsResolver resolver(Lookup lookup) {
    return new DnsResolver() {
      @Override
      public InetAddress[] resolve(String host) throws UnknownHostException {
        lookup.lookUp(host);
        return new InetAddress[] {InetAddress.getLoopbackAddress()};
      }

      @Override
      public String resolveCanonicalHostname(String host) {
        return host;
      }
    };
  }

  /** Observes or refuses a DNS lookup. */
  interface Lookup {
    void lookUp(String host) throws UnknownHostException;
  }

  /** Returns headers from alternating names and values. */
  public static Headers headers(String... namesAndValues) {
    Headers.Builder builder = Headers.builder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      builder.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return builder.build();
  }
}
