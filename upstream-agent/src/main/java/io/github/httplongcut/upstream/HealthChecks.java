package io.github.httplongcut.upstream;

import static io.github.httplongcut.logging.LogText.quoted;

import io.github.httplongcut.config.Secret;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.upstream.core.Target;
import io.github.httplongcut.upstream.core.Targets;
import io.github.httplongcut.upstream.http.HttpCaller;
import io.github.httplongcut.upstream.http.HttpCaller.Result;
import io.github.httplongcut.upstream.http.TargetConfig;
import io.github.httplongcut.upstream.http.TargetConfig.HealthCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the health checks of the targets that have one. A check passes if the server responds in
 * time with a status of 2xx or 3xx. Belongs to the loop.
 *
 * <ul>
 *   <li>A target is withdrawn after {@code fall} consecutive failures, and offered again after
 *       {@code rise} consecutive passes. Until the first pass, one failure withdraws the target.
 *   <li>A timeout while the server answers requests does not count: the server is busy, not down.
 *   <li>A status of 4xx or 5xx always counts, since operators use it to take a server out of
 *       service.
 * </ul>
 */
final class HealthChecks {

  private static final Logger log = LoggerFactory.getLogger(HealthChecks.class);

  /** The part of the agent that knows the targets' servers and offers the targets. */
  interface TargetHealth {

    /** Returns the number of the target's responses so far that have a status code below 500. */
    long serverAnswers(Target target);

    /** Notes that the target's server has answered a check, with any status. */
    void reached(Target target);

    /**
     * Withdraws a target whose check fails. Called again after each further failure.
     *
     * @param reason one sentence for the brokers
     */
    void withdraw(Target target, String reason);

    /** Offers a withdrawn target again, since its check passes. */
    void offer(Target target);
  }

  private final HttpCaller http;
  private final TargetHealth health;
  private final Executor loop;
  private final List<CheckedTarget> all = new ArrayList<>();

  /**
   * @param configs settings of the targets
   * @param loop runs the callbacks of calls
   */
  HealthChecks(
      List<TargetConfig> configs,
      Targets targets,
      TargetHealth health,
      HttpCaller http,
      Executor loop) {
    this.http = http;
    this.health = health;
    this.loop = loop;
    for (TargetConfig config : configs) {
      config
          .healthCheck()
          .ifPresent(check -> all.add(new CheckedTarget(targets.named(config.name()), check)));
    }
  }

  /** Starts the checks that are due, and times out those that take too long. */
  void onTick(long now) {
    all.forEach(each -> each.onTick(now));
  }

  /** Returns the time until a check is due or times out; MAX_VALUE if no target has a check. */
  long nanosToNext(long now) {
    return all.stream().mapToLong(each -> each.nanosToNext(now)).min().orElse(Long.MAX_VALUE);
  }

  /** A target with its check. */
  private final class CheckedTarget {

    private final Target target;
    private final HealthCheck check;
    private boolean started;
    private boolean offered = true;
    private boolean hasPassed;

    /** Consecutive results that speak against the current value of {@link #offered}. */
    private int consecutive;

    private long answersBefore;
    private long startedAt;
    private HttpCaller.Call call;

    CheckedTarget(Target target, HealthCheck check) {
      this.target = target;
      this.check = check;
    }

    long nanosToNext(long now) {
      Duration wait = call == null ? check.interval() : check.timeout();
      return started ? startedAt + wait.toNanos() - now : 0;
    }

    void onTick(long now) {
      if (call != null && now - startedAt >= check.timeout().toNanos()) {
        call.abort();
        call = null;
        if (health.serverAnswers(target) == answersBefore) {
          failed(": no response within " + check.timeout().toMillis() + " ms");
        }
      }
      if (call == null && (!started || now - startedAt >= check.interval().toNanos())) {
        start(now);
      }
    }

    private void start(long now) {
      started = true;
      startedAt = now;
      answersBefore = health.serverAnswers(target);
      Request request = new Request(target.name(), "GET", check.path(), Headers.EMPTY, Body.ABSENT);
      call =
          http.call(
              target.name(),
              check.path(),
              request,
              HttpCaller.Purpose.HEALTH_CHECK,
              result -> loop.execute(() -> onResult(now, result)));
    }

    private void onResult(long callStartedAt, Result result) {
      if (call == null || callStartedAt != startedAt) {
        return; // the call has timed out already
      }
      call = null;
      if (result instanceof Result.Failed failed) {
        failed(": " + ServerFaults.withoutTarget(target.name(), failed.message()));
      } else if (result instanceof Result.Answered answered) {
        health.reached(target);
        int status = answered.response().statusCode();
        if (status < 400) {
          passed();
        } else {
          failed(" answers " + status);
        }
      }
    }

    private void passed() {
      hasPassed = true;
      if (offered) {
        consecutive = 0;
      } else if (++consecutive >= check.rise()) {
        offered = true;
        consecutive = 0;
        log.info("event=target_healthy target={}", target.name());
        health.offer(target);
      }
    }

    private void failed(String how) {
      String reason = "health check GET " + Secret.withoutQuery(check.path()) + how;
      if (!offered) {
        consecutive = 0;
        health.withdraw(target, reason);
      } else if (++consecutive >= check.fall() || !hasPassed) {
        offered = false;
        consecutive = 0;
        // Needs no rate limit: logged at most once per check interval.
        log.warn("event=target_withdrawn target={} reason={}", target.name(), quoted(reason));
        health.withdraw(target, reason);
      }
    }
  }
}
