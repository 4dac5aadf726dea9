package io.github.httplongcut.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/**
 * Verifies the content of responses, since wrk only checks their status. Sends many different
 * requests at the same time and compares every byte of the responses.
 */
final class ResponseCheck {

  private static final int REQUESTS = 500;
  private static final int FILES = 3;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private ResponseCheck() {}

  /** Reports each response whose status is not 200 or whose body differs from that of nginx. */
  static void check(BenchReport report, BenchRelay relay, NginxServer nginx) {
    check(report, relay, nginx, 2 * REQUESTS + FILES);
  }

  /**
   * Reports each response whose status is not 200 or whose body differs from that of nginx.
   *
   * @param atOnce maximum number of concurrent requests
   */
  static void check(BenchReport report, BenchRelay relay, NginxServer nginx, int atOnce) {
    Semaphore free = new Semaphore(atOnce);
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    Map<String, byte[]> expected = new LinkedHashMap<>();
    for (int n = 0; n < REQUESTS; n++) {
      expected.put(
          NginxServer.ECHO + "?n=" + n, Integer.toString(n).getBytes(StandardCharsets.US_ASCII));
    }
    expected.put(NginxServer.SMALL, NginxServer.smallBody());
    expected.put(NginxServer.FILE_16, get(http, nginx.url() + NginxServer.FILE_16));
    expected.put(NginxServer.FILE_256, get(http, nginx.url() + NginxServer.FILE_256));

    List<CompletableFuture<Void>> requests = new ArrayList<>();
    expected.forEach(
        (path, bytes) -> {
          free.acquireUninterruptibly();
          requests.add(
              send(http, HttpRequest.newBuilder(), relay.url() + path, bytes, report)
                  .thenRun(free::release));
          if (path.startsWith(NginxServer.ECHO)) {
            HttpRequest.Builder post =
                HttpRequest.newBuilder().POST(BodyPublishers.ofString("x".repeat(1024)));
            free.acquireUninterruptibly();
            requests.add(
                send(http, post, relay.url() + path, bytes, report).thenRun(free::release));
          }
        });
    requests.forEach(CompletableFuture::join);
  }

  private static CompletableFuture<Void> send(
      HttpClient http,
      HttpRequest.Builder request,
      String url,
      byte[] expected,
      BenchReport report) {
    return http.sendAsync(
            request.uri(URI.create(url)).timeout(TIMEOUT).build(), BodyHandlers.ofByteArray())
        .handle(
            (response, failure) -> {
              String problem = problem(response, failure, expected);
              if (!problem.isEmpty()) {
                synchronized (report) {
                  report.addFailure(url + ": " + problem);
                }
              }
              return null;
            });
  }

  private static String problem(HttpResponse<byte[]> response, Throwable failure, byte[] expected) {
    if (failure != null) {
      return failure.toString();
    }
    if (response.statusCode() != 200) {
      return "status " + response.statusCode();
    }
    return Arrays.equals(response.body(), expected) ? "" : "the body differs from that of nginx";
  }

  private static byte[] get(HttpClient http, String url) {
    try {
      return http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofByteArray())
          .body();
    } catch (IOException e) {
      throw new BenchException("no response from " + url, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }
}
