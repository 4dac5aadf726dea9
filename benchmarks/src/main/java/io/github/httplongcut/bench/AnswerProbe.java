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
 * Whether answers are right: wrk counts them and looks at their status only. Asks many at once,
 * each for something of its own, and compares every byte.
 */
final class AnswerProbe {

  private static final int REQUESTS = 500;
  private static final int FILES = 3;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private AnswerProbe() {}

  /** Tells the report of each answer that is not what nginx itself would say. */
  static void check(BenchReport report, BenchRelay relay, NginxServer nginx) {
    check(report, relay, nginx, 2 * REQUESTS + FILES);
  }

  /**
   * The same.
   *
   * @param atOnce so many requests at one time
   */
  static void check(BenchReport report, BenchRelay relay, NginxServer nginx, int atOnce) {
    Semaphore free = new Semaphore(atOnce);
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    Map<String, byte[]> expected = new LinkedHashMap<>();
    for (int n = 0; n < REQUESTS; n++) {
      expected.put(
          NginxServer.WHO + "?n=" + n, Integer.toString(n).getBytes(StandardCharsets.US_ASCII));
    }
    expected.put(NginxServer.SMALL, NginxServer.answer());
    expected.put(NginxServer.FILE_16, get(http, nginx.url() + NginxServer.FILE_16));
    expected.put(NginxServer.FILE_256, get(http, nginx.url() + NginxServer.FILE_256));

    List<CompletableFuture<Void>> asked = new ArrayList<>();
    expected.forEach(
        (path, bytes) -> {
          free.acquireUninterruptibly();
          asked.add(
              ask(http, HttpRequest.newBuilder(), relay.url() + path, bytes, report)
                  .thenRun(free::release));
          if (path.startsWith(NginxServer.WHO)) {
            HttpRequest.Builder post =
                HttpRequest.newBuilder().POST(BodyPublishers.ofString("x".repeat(1024)));
            free.acquireUninterruptibly();
            asked.add(ask(http, post, relay.url() + path, bytes, report).thenRun(free::release));
          }
        });
    asked.forEach(CompletableFuture::join);
  }

  private static CompletableFuture<Void> ask(
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
                  report.wrong(url + ": " + problem);
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
    return Arrays.equals(response.body(), expected) ? "" : "other bytes than those of nginx";
  }

  private static byte[] get(HttpClient http, String url) {
    try {
      return http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofByteArray())
          .body();
    } catch (IOException e) {
      throw new BenchException("no answer from " + url, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }
}
