package io.github.httplongcut.upstream.http;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Settings of one upstream target.
 *
 * @param name the upstream target's name
 * @param url {@code http} or {@code https}, with an optional base path; no user, query or fragment
 * @param capacity maximum number of concurrent requests
 * @param timeout of one HTTP request
 * @param maxResponseBody bytes
 * @param preserveHost true to send the caller's {@code Host} to the server, false to send that of
 *     the URL
 * @param trust certificates that an {@code https} server may have
 * @param healthCheck empty if the target is always offered
 */
public record TargetConfig(
    String name,
    URI url,
    int capacity,
    Duration timeout,
    long maxResponseBody,
    boolean preserveHost,
    Trust trust,
    Optional<HealthCheck> healthCheck) {

  /** Returns host and port for log and error messages; an IPv6 address keeps its brackets. */
  public String hostAndPort() {
    return TargetServer.of(this).hostAndPort();
  }

  /**
   * Settings for the verification of an {@code https} server's certificate.
   *
   * @param caFile PEM file of trusted CA certificates; empty to trust the JVM's CAs
   * @param insecure true to accept any certificate and any host name
   */
  public record Trust(Optional<Path> caFile, boolean insecure) {}

  /**
   * Settings of a target's health check.
   *
   * @param path in origin-form, from the root of the server, not under the base path
   * @param interval from the start of one check to the start of the next
   * @param timeout of one check
   * @param rise consecutive passes after which a withdrawn target is offered again
   * @param fall consecutive failures after which a target is withdrawn
   */
  public record HealthCheck(String path, Duration interval, Duration timeout, int rise, int fall) {}
}
