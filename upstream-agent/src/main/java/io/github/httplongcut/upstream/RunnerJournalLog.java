package io.github.httplongcut.upstream;

import static io.github.httplongcut.logging.LogText.quoted;

import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.upstream.core.AnswerOutcome;
import io.github.httplongcut.upstream.core.RequestRunner;
import io.github.httplongcut.upstream.core.RunnerJournal;
import io.github.httplongcut.upstream.core.TakenRequest;
import io.github.httplongcut.upstream.core.Target;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs and counts the runner's actions. */
final class RunnerJournalLog implements RunnerJournal {

  private static final Logger log = LoggerFactory.getLogger(RequestRunner.class);

  private final RunnerMetrics metrics;

  RunnerJournalLog(RunnerMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void taken(TakenRequest request) {
    log.debug("event=taken {}", request);
  }

  @Override
  public void started(TakenRequest request, long ttl, long now) {
    log.debug(
        "event=started {} method={} upstream_req_ttl={}", request, request.http().method(), ttl);
    metrics.started(now - request.takenAt());
  }

  @Override
  public void responded(TakenRequest request, int statusCode) {
    log.debug("event=responded {} status={}", request, statusCode);
    metrics.responded(request.target());
  }

  @Override
  public void failed(TakenRequest request, Failure failure, String message) {
    log.debug("event=failed {} code={} message={}", request, failure.code(), quoted(message));
    metrics.failed(request.target(), failure);
  }

  @Override
  public void tooLate(TakenRequest request) {
    log.debug("event=too_late {}", request);
  }

  @Override
  public void answerDone(TakenRequest request, AnswerOutcome outcome, long nanos) {
    metrics.answerDone(nanos);
  }

  @Override
  public void ended(TakenRequest request, Optional<Failure> failure, long now) {
    metrics.ended(request.target(), failure, now - request.takenAt());
  }

  @Override
  public void cancelled(TakenRequest request, long now) {
    log.debug("event=cancelled {}", request);
    metrics.cancelled(request.target(), now - request.takenAt());
  }

  @Override
  public void forgotten(TakenRequest request) {
    log.debug("event=forgotten {}", request);
  }

  @Override
  public void rejected(Target target, int requests, AgentState state) {
    log.debug("event=rejected target={} requests={} state={}", target.name(), requests, state);
    metrics.rejected(target, requests);
  }

  @Override
  public void slots(Target target, int inFlight, int free) {
    metrics.slots(target, inFlight, free);
  }

  @Override
  public void withdrawn(Target target) {
    metrics.healthy(target, 0);
  }

  @Override
  public void offered(Target target) {
    metrics.healthy(target, 1);
  }

  @Override
  public void bug(TakenRequest request, Throwable bug) {
    log.error("event=bug {}", request, bug);
  }
}
