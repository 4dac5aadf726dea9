package io.github.httplongcut.upstream;

import static io.github.httplongcut.logging.LogText.quoted;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.UpstreamError;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.protocol.TimeLeft;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.Batching;
import io.github.httplongcut.session.Publication.Tries;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes or rejects requests, settles and runs the taken ones, and publishes their answers (protocol
 * section 4, "Upstream agent"). An answer is a response or an error. Belongs to the loop; does I/O
 * only through its {@link Ports}.
 *
 * <p>A taken request holds its slot until it is answered. {@link TargetStates} limits the answers
 * that wait for their confirm, so the agent takes fewer requests while RabbitMQ confirms too
 * slowly.
 *
 * <p>A taken request ends in one of these ways:
 *
 * <ul>
 *   <li>answered with a response;
 *   <li>answered with an error: the call failed or was refused, the time was up, or the agent
 *       stops;
 *   <li>cancelled by its broker;
 *   <li>forgotten, when its channel is lost while the request is settling.
 * </ul>
 */
final class RequestRunner {

  /**
   * Connections of the runner to the rest of the agent.
   *
   * @param http makes the calls
   * @param publisher publishes; outcomes arrive on the loop
   * @param loop runs the callbacks of calls
   * @param clock the loop's time, for callbacks
   */
  record Ports(
      HttpCaller http, Consumer<Publication> publisher, Executor loop, LongSupplier clock) {}

  /** Lowest status code of a server error (RFC 9110 section 15.6). */
  private static final int SERVER_ERROR = 500;

  private static final Logger log = LoggerFactory.getLogger(RequestRunner.class);

  private ProcessId upstreamId;
  private final Duration ackTimeout;
  private final TargetStates states;
  private final Ports ports;
  private final RunnerMetrics metrics;
  private final Map<UUID, TakenRequest> taken = new HashMap<>();
  private final CancelledRequests cancelled = new CancelledRequests();

  RequestRunner(
      ProcessId upstreamId,
      Duration ackTimeout,
      TargetStates states,
      Ports ports,
      RunnerMetrics metrics) {
    this.upstreamId = upstreamId;
    this.ackTimeout = ackTimeout;
    this.states = states;
    this.ports = ports;
    this.metrics = metrics;
  }

  /**
   * Takes a message of {@code broker_request}s, or rejects it as a whole.
   *
   * @param target the target of the message's routing key
   */
  void onRequests(Delivery delivery, Target target, long now) {
    if (delivery.isLost()) {
      return; // RabbitMQ delivers the message again, to this agent or as a dead letter
    }
    List<BrokerRequest> requests =
        delivery.events().stream().map(BrokerRequest.class::cast).toList();
    if (!isConsistent(delivery, target, requests)) {
      delivery.discard(DiscardReason.WRONG_SENDER);
      return;
    }
    List<BrokerRequest> newRequests =
        requests.stream()
            .filter(each -> !taken.containsKey(each.brokerReqId()) && !cancelled.contains(each))
            .toList();
    if (!newRequests.isEmpty() && !states.hasRoom(target, newRequests.size())) {
      log.debug(
          "event=rejected target={} requests={} state={}",
          target.name(),
          requests.size(),
          states.stateOf(target));
      metrics.rejected(target, requests.size());
      states.rejected(target);
      delivery.reject();
      return;
    }
    requests.stream()
        .map(each -> taken.get(each.brokerReqId()))
        .filter(each -> each != null)
        .forEach(each -> each.redelivered(delivery));
    requests.stream().filter(cancelled::contains).forEach(each -> delivery.done());
    List<TakenRequest> started =
        newRequests.stream().map(each -> take(each, target, delivery, now)).toList();
    if (requests.stream().allMatch(each -> each.request().isRepeatable())) {
      started.forEach(each -> startOrRefuse(each, now));
    } else if (!started.isEmpty()) {
      delivery.settle(() -> started.forEach(each -> onSettled(each, ports.clock().getAsLong())));
    }
  }

  /**
   * Cancels a request: aborts its call, or never starts it, and publishes no answer. A cancel from
   * another user or broker than the request's, or after the answer, has no effect.
   */
  void onCancel(BrokerCancel cancel, String userId, long now) {
    TakenRequest request = taken.get(cancel.brokerReqId());
    boolean sameBroker = request == null || request.event().brokerId().equals(cancel.brokerId());
    boolean answering = request != null && request.state() == TakenRequest.State.ANSWERING;
    if (!cancel.brokerId().user().equals(userId) || !sameBroker || answering) {
      return;
    }
    cancelled.add(cancel, now);
    if (request == null) {
      return;
    }
    if (request.state() == TakenRequest.State.RUNNING) {
      request.abortCall();
    }
    log.debug("event=cancelled {}", request);
    metrics.cancelled(request.target());
    request.deliveryDone();
    remove(request);
  }

  /** Times out calls whose deadline has passed. */
  void onTick(long now) {
    cancelled.onTick(now);
    for (TakenRequest request : List.copyOf(taken.values())) {
      if (request.state() == TakenRequest.State.RUNNING && now - request.callDeadline() >= 0) {
        guarded(request, now, () -> onCallTimeout(request, now));
      }
    }
  }

  /** Forgets requests that were settling: RabbitMQ gives them back. Running requests continue. */
  void onConsumingLost() {
    for (TakenRequest request : List.copyOf(taken.values())) {
      if (request.state() == TakenRequest.State.SETTLING) {
        log.debug("event=forgotten {}", request);
        remove(request);
      }
    }
  }

  /** Sets the id under which later requests are taken. */
  void changeId(ProcessId newId) {
    upstreamId = newId;
  }

  /** Returns whether a request that was taken under {@code id} has no confirmed answer yet. */
  boolean isBusyAs(ProcessId id) {
    return taken.values().stream().anyMatch(each -> each.upstreamId().equals(id));
  }

  /** Aborts the calls that still run when the drain timeout has passed. */
  void cutOff(long now) {
    for (TakenRequest request : List.copyOf(taken.values())) {
      if (request.state() == TakenRequest.State.RUNNING) {
        if (request.abortCall() == HttpCaller.Progress.NOT_SENT) {
          fail(request, Failure.NOT_RUN, "the upstream agent is shutting down", now);
        } else {
          fail(
              request,
              Failure.UPSTREAM_AGENT_LOST,
              "the upstream agent shut down before the upstream server had answered",
              now);
        }
      }
    }
  }

  /** Returns whether every taken request has ended, with its answer confirmed or given up. */
  boolean isIdle() {
    return taken.isEmpty();
  }

  private boolean isConsistent(Delivery delivery, Target target, List<BrokerRequest> requests) {
    if (requests.stream().map(BrokerRequest::brokerReqId).distinct().count() < requests.size()) {
      return false;
    }
    for (BrokerRequest each : requests) {
      TakenRequest known = taken.get(each.brokerReqId());
      if (!each.request().upstreamTarget().equals(target.name())
          || !each.brokerId().user().equals(delivery.envelope().userId())
          // A settled request cannot come back from RabbitMQ, so somebody has published it again.
          || (known != null && !(known.isRepeatable() && each.request().isRepeatable()))) {
        return false;
      }
    }
    return true;
  }

  private TakenRequest take(BrokerRequest event, Target target, Delivery delivery, long now) {
    long deadline = now + event.brokerReqTtl() * 1_000_000L;
    TakenRequest request = new TakenRequest(upstreamId, event, target, delivery, deadline);
    taken.put(event.brokerReqId(), request);
    log.debug("event=taken {}", request);
    metrics.inFlight(target, states.taken(target));
    return request;
  }

  private void onSettled(TakenRequest request, long now) {
    // The request may have been cancelled in the meantime.
    if (taken.get(request.brokerReqId()) == request) {
      startOrRefuse(request, now);
    }
  }

  /**
   * Runs a step. An exception is a bug: the request gets an error, and no other request suffers.
   */
  private void guarded(TakenRequest request, long now, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error bug) {
      log.error("event=bug {}", request, bug);
      if (taken.get(request.brokerReqId()) != request) {
        return;
      }
      if (request.state() == TakenRequest.State.ANSWERING) {
        onAnswered(request);
      } else {
        fail(
            request, Failure.INTERNAL_ERROR, "bug in the upstream agent: see the agent's log", now);
      }
    }
  }

  private void startOrRefuse(TakenRequest request, long now) {
    guarded(request, now, () -> startOrRefuseUnguarded(request, now));
  }

  private void startOrRefuseUnguarded(TakenRequest request, long now) {
    if (states.isDraining()) {
      fail(request, Failure.NOT_RUN, "the upstream agent is draining", now);
      return;
    }
    long ttl =
        Math.min(
            TimeLeft.millisForNextHop(request.deadline(), now),
            request.target().config().timeout().toMillis());
    if (ttl <= 0) {
      fail(request, Failure.NOT_RUN, "no time was left to run the request", now);
      return;
    }
    try {
      start(request, ttl, now);
    } catch (CallRefusedException e) {
      fail(request, e.failure(), e.getMessage(), now);
    }
  }

  private void start(TakenRequest request, long ttl, long now) throws CallRefusedException {
    Request http = request.event().request();
    RequestCheck.requireUnambiguous(http, request.target());
    String url = request.target().urlOf(http.url());
    log.debug("event=started {} method={} upstream_req_ttl={}", request, http.method(), ttl);
    request.runningUntil(now + ttl * 1_000_000L);
    publishAck(request, now);
    request.call(
        ports
            .http()
            .call(
                request.target(),
                url,
                http,
                result -> ports.loop().execute(() -> onResult(request, result))));
  }

  private void publishAck(TakenRequest request, long now) {
    Event ack =
        new Event.BrokerRequestAck(
            request.brokerReqId(), request.upstreamReqId(), request.upstreamId());
    long left = TimeLeft.millis(request.deadline(), now);
    ports
        .publisher()
        .accept(
            Publication.of(ack, brokerKey(request), request.deadline())
                .batched(request.isRepeatable() ? Batching.UNHURRIED : Batching.ANY)
                .expiringAfter(Math.min(ackTimeout.toMillis(), left)));
  }

  private void onResult(TakenRequest request, HttpCaller.Result result) {
    // An aborted call may have ended at the same moment.
    if (taken.get(request.brokerReqId()) != request
        || request.state() != TakenRequest.State.RUNNING) {
      return;
    }
    long now = ports.clock().getAsLong();
    guarded(request, now, () -> end(request, result, now));
  }

  private void end(TakenRequest request, HttpCaller.Result result, long now) {
    if (result instanceof HttpCaller.Result.Answered answered) {
      respond(request, answered.response(), now);
    } else if (result instanceof HttpCaller.Result.Failed failed) {
      fail(request, failed.failure(), failed.message(), now);
    }
  }

  private void onCallTimeout(TakenRequest request, long now) {
    Target target = request.target();
    if (request.abortCall() == HttpCaller.Progress.NOT_SENT) {
      fail(
          request,
          Failure.UPSTREAM_UNREACHABLE,
          "upstream target '%s': could not connect to %s in time"
              .formatted(target.name(), target.hostAndPort()),
          now);
    } else {
      fail(
          request,
          Failure.UPSTREAM_TIMEOUT,
          "upstream target '%s': %s did not send a complete response in time"
              .formatted(target.name(), target.hostAndPort()),
          now);
    }
  }

  private void respond(TakenRequest request, Response response, long now) {
    log.debug("event=responded {} status={}", request, response.statusCode());
    metrics.answered(request.target());
    if (response.statusCode() < SERVER_ERROR) {
      states.serverAnswered(request.target());
    }
    BrokerRequest of = request.event();
    answer(
        request,
        new UpstreamResponse(
            of.clientId(), of.clientReqId(), of.brokerReqId(), request.upstreamReqId(), response),
        response.body().length() + response.headers().footprint(),
        now);
  }

  private void fail(TakenRequest request, Failure failure, String message, long now) {
    log.debug("event=failed {} code={} message={}", request, failure.code(), quoted(message));
    metrics.failed(request.target(), failure);
    answer(request, error(request, failure, message), 0, now);
  }

  private static UpstreamError error(TakenRequest request, Failure failure, String message) {
    BrokerRequest of = request.event();
    return new UpstreamError(
        of.clientId(),
        of.clientReqId(),
        of.brokerReqId(),
        request.upstreamReqId(),
        new EventError(failure, message, Hop.UPSTREAM_AGENT));
  }

  private void answer(TakenRequest request, Event event, long bytes, long now) {
    request.answering(bytes);
    metrics.inFlight(request.target(), states.answered(request.target(), bytes));
    if (!request.isRepeatable() && allowsRerun(event)) {
      publish(
          request,
          event,
          now,
          publication ->
              publication
                  .tried(Tries.ONCE)
                  .whenDone(
                      outcome -> onRerunAllowed(request, outcome, ports.clock().getAsLong())));
    } else {
      publishUntilConfirmed(request, event, now);
    }
  }

  /** Returns whether the broker or the client agent may have another agent run the request. */
  private static boolean allowsRerun(Event answer) {
    return answer instanceof UpstreamError error
        && (error.error().failure() == Failure.NOT_RUN
            || error.error().failure() == Failure.UPSTREAM_UNREACHABLE);
  }

  /**
   * Handles the outcome of an error after which another agent may run a request that is not
   * repeatable. Such an error is published once: with two copies, one to the broker and one as an
   * orphan, two agents could run the request (protocol section 4). If the outcome is unknown, a
   * nack or a block, this method publishes {@code upstream_agent_lost} instead, after which nobody
   * runs the request.
   */
  private void onRerunAllowed(TakenRequest request, Outcome outcome, long now) {
    switch (outcome) {
      case CONFIRMED, RETURNED, REFUSED, NO_CONNECTION -> onAnswered(request);
      case UNKNOWN, NACKED, BLOCKED, INBOX_BUSY -> {
        String message =
            "the upstream agent did not run the request, but RabbitMQ did not confirm the error"
                + " that says so";
        log.debug("event=handed_on_in_doubt {} outcome={}", request, outcome);
        publishUntilConfirmed(request, error(request, Failure.UPSTREAM_AGENT_LOST, message), now);
      }
    }
  }

  private void publishUntilConfirmed(TakenRequest request, Event event, long now) {
    publish(
        request, event, now, publication -> publication.whenDone(outcome -> onAnswered(request)));
  }

  private void publish(
      TakenRequest request, Event event, long now, UnaryOperator<Publication> configure) {
    long left = TimeLeft.millis(request.deadline(), now);
    if (left <= 0) {
      log.debug("event=too_late {}", request);
      onAnswered(request);
      return;
    }
    ports
        .publisher()
        .accept(
            configure.apply(
                Publication.of(event, brokerKey(request), request.deadline()).expiringAfter(left)));
  }

  /** Ends a request whose answer is confirmed, given up or too late. */
  private void onAnswered(TakenRequest request) {
    request.deliveryDone();
    remove(request);
  }

  private void remove(TakenRequest request) {
    taken.remove(request.brokerReqId());
    if (request.state() == TakenRequest.State.ANSWERING) {
      states.confirmed(request.target(), request.answerBytes());
    } else {
      metrics.inFlight(request.target(), states.freed(request.target()));
    }
  }

  private static String brokerKey(TakenRequest request) {
    return request.event().brokerId().toString();
  }
}
