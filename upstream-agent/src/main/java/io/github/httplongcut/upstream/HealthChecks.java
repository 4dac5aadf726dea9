package io.github.httplongcut.upstream;

import static io.github.httplongcut.logging.LogText.quoted;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.upstream.HttpCaller.Result;
import io.github.httplongcut.upstream.UpstreamAgentConfig.HealthCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the servers of those targets that have a health check, and withdraws a target whose server
 * does not answer 2xx or 3xx in time, {@code fall} times in a row, until it does so {@code rise}
 * times in a row. Before the first check that passes, one that fails is enough. Belongs to the
 * loop.
 *
 * <p>A check that takes too long while requests are answered counts for nothing: the server is
 * busy. A status counts in any case, since operators take a server out by it.
 */
final class HealthChecks {

  private static final Logger log = LoggerFactory.getLogger(HealthChecks.class);

  private final HttpCaller http;
  private final TargetStates states;
  private final Executor loop;
  private final List<Checked> all = new ArrayList<>();

  /**
   * @param loop where results are brought
   */
  HealthChecks(Targets targets, TargetStates states, HttpCaller http, Executor loop) {
    this.http = http;
    this.states = states;
    this.loop = loop;
    for (Target target : targets.all()) {
      target.config().healthCheck().ifPresent(check -> all.add(new Checked(target, check)));
    }
  }

  /** Begins the checks that are due, and ends those that take too long. */
  void onTick(long now) {
    all.forEach(each -> each.onTick(now));
  }

  /** Until the next one is due, or takes too long; MAX_VALUE if there are none. */
  long nanosToNext(long now) {
    return all.stream().mapToLong(each -> each.nanosToNext(now)).min().orElse(Long.MAX_VALUE);
  }

  /** One target with its check. */
  private final class Checked {

    private final Target target;
    private final HealthCheck check;
    private boolean begun;
    private boolean offered = true;
    private boolean hasPassed;
    private int inARow;
    private long answersBefore;
    private long lastBegun;
    private HttpCaller.Call underWay;

    Checked(Target target, HealthCheck check) {
      this.target = target;
      this.check = check;
    }

    long nanosToNext(long now) {
      Duration wait = underWay == null ? check.interval() : check.timeout();
      return begun ? lastBegun + wait.toNanos() - now : 0;
    }

    void onTick(long now) {
      if (underWay != null && now - lastBegun >= check.timeout().toNanos()) {
        underWay.abort();
        underWay = null;
        if (states.serverAnswers(target) == answersBefore) {
          failed("no answer within " + check.timeout().toMillis() + " ms");
        }
      }
      if (underWay == null && (!begun || now - lastBegun >= check.interval().toNanos())) {
        begin(now);
      }
    }

    private void begin(long now) {
      begun = true;
      lastBegun = now;
      answersBefore = states.serverAnswers(target);
      Request request = new Request(target.name(), "GET", check.path(), Headers.EMPTY, Body.ABSENT);
      underWay =
          http.call(
              target, check.path(), request, result -> loop.execute(() -> onResult(now, result)));
    }

    private void onResult(long begunAt, Result result) {
      if (underWay == null || begunAt != lastBegun) {
        return; // it was given up already
      }
      underWay = null;
      if (result instanceof Result.Failed failed) {
        failed(failed.message());
      } else if (result instanceof Result.Answered answered) {
        int status = answered.response().statusCode();
        if (status < 400) {
          passed();
        } else {
          failed("status " + status);
        }
      }
    }

    private void passed() {
      hasPassed = true;
      if (offered) {
        inARow = 0;
      } else if (++inARow >= check.rise()) {
        offered = true;
        inARow = 0;
        log.info("event=target_healthy target={}", target.name());
        states.offer(target);
      }
    }

    private void failed(String trouble) {
      if (!offered) {
        inARow = 0;
      } else if (++inARow >= check.fall() || !hasPassed) {
        offered = false;
        inARow = 0;
        // At most one in each interval of the check, whatever the server does.
        log.warn("event=target_withdrawn target={} reason={}", target.name(), quoted(trouble));
        states.withdraw(target);
      }
    }
  }
}
