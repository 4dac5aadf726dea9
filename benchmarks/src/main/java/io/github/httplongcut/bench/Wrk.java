package io.github.httplongcut.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Runs the load generator {@code wrk}: each connection sends a request after every response. */
final class Wrk {

  private static final Duration SLACK = Duration.ofSeconds(30);
  private static final String SUMMARY = "summary ";

  /**
   * The requests that wrk sends.
   *
   * @param targets if above 0, requests go to random paths of {@code /t0}, {@code /t1}, ... instead
   *     of {@code path}
   */
  record Load(String method, String path, int bodyBytes, int connections, int targets) {

    static Load get(String path, int connections) {
      return new Load("GET", path, 0, connections, 0);
    }

    static Load post(String path, int bodyBytes, int connections) {
      return new Load("POST", path, bodyBytes, connections, 0);
    }
  }

  /**
   * The results of a run. Latencies are in microseconds.
   *
   * @param wrong responses with a status other than 2xx or 3xx
   * @param lost requests without a response: a connection error, or no data for two seconds
   */
  record Result(
      long requests,
      double perSecond,
      double bytesPerRequest,
      long p50,
      long p90,
      long p99,
      long wrong,
      long lost) {}

  private final Path script;
  private final Path logs;

  Wrk(Path home, Path logs) {
    this.script = home.resolve("benchmarks/src/main/lua/wrk.lua");
    this.logs = logs;
  }

  /** Runs wrk against a server. */
  Result run(String url, Load load, int seconds) {
    // A second thread is useless for a few connections.
    int threads = load.connections() < 16 ? 1 : 2;
    List<String> command = new ArrayList<>();
    command.addAll(List.of("wrk", "--threads", Integer.toString(threads)));
    command.addAll(List.of("--connections", Integer.toString(load.connections())));
    command.addAll(List.of("--duration", seconds + "s", "--script", script.toString()));
    command.add(url + load.path());
    command.addAll(List.of("--", load.method(), Integer.toString(load.bodyBytes())));
    command.add(Integer.toString(load.targets()));
    return parse(Children.run(logs, "wrk", Duration.ofSeconds(seconds).plus(SLACK), command));
  }

  static Result parse(String output) {
    String summary =
        output
            .lines()
            .filter(line -> line.startsWith(SUMMARY))
            .findFirst()
            .orElseThrow(() -> new BenchException("wrk printed no summary:\n" + output));
    try {
      JsonNode read = new ObjectMapper().readTree(summary.substring(SUMMARY.length()));
      long requests = read.path("requests").asLong();
      return new Result(
          requests,
          requests * 1e6 / read.path("micros").asLong(),
          requests == 0 ? 0 : (double) read.path("bytes").asLong() / requests,
          read.path("p50").asLong(),
          read.path("p90").asLong(),
          read.path("p99").asLong(),
          read.path("refused").asLong(),
          read.path("lost").asLong());
    } catch (JsonProcessingException e) {
      throw new BenchException("cannot parse the summary of wrk: " + summary, e);
    }
  }
}
