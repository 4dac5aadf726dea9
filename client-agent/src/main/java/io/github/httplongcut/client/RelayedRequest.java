package io.github.httplongcut.client;

import io.github.httplongcut.client.ClientAgentConfig.OnHangUp;
import io.github.httplongcut.client.RequestReporter.Origin;
import io.github.httplongcut.client.accesslog.AccessEntry.Relaying;
import io.github.httplongcut.client.accesslog.AccessEntry.Result;
import io.github.httplongcut.client.core.AckTimes;
import io.github.httplongcut.client.core.Submission;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpContinue;
import io.undertow.server.protocol.http.HttpServerConnection;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;

/**
 * One HTTP request, from its first line to the last byte of its answer. Belongs to the I/O thread
 * of its connection, except for the methods of {@link WaitingCaller}, which are called on the loop.
 */
final class RelayedRequest implements WaitingCaller {

  /** Status of a request without an answer, as in nginx: client closed request. */
  private static final int NO_ANSWER = 499;

  private static final Logger log = LoggerFactory.getLogger(RelayedRequest.class);

  /**
   * Objects that all requests share.
   *
   * @param draining returns true once the process drains
   */
  record Context(
      RequestSubmitter submitter,
      RequestReporter reporter,
      AnswerFields answerFields,
      BooleanSupplier draining) {

    /** Returns this context with another {@code draining}. */
    Context drainingWhen(BooleanSupplier draining) {
      return new Context(submitter, reporter, answerFields, draining);
    }
  }

  private final UUID firstId = UUID.randomUUID();
  private final HttpServerExchange httpExchange;
  private final HttpServerConnection connection;
  private final Context context;
  private final StageClock clock;
  private final Origin origin;
  private Optional<String> upstreamTarget = Optional.empty();
  private Optional<Admission.Permit> permit = Optional.empty();
  private Optional<HangUpDetector> hangUpDetector = Optional.empty();
  private OnHangUp onHangUp = OnHangUp.CANCEL;
  private boolean submitted;
  private boolean closesAfterAnswer;
  private boolean answered;
  private boolean ended;
  private String outcome = "hung_up";
  private int status = NO_ANSWER;
  private long requestBytes;

  /** The ids of all publications but the first. The loop sets them. */
  private volatile List<UUID> laterIds = List.of();

  /** The broker that acked last. The loop sets it. */
  private volatile Optional<ProcessId> brokerId = Optional.empty();

  RelayedRequest(HttpServerExchange httpExchange, Context context) {
    this.httpExchange = httpExchange;
    // Now, since a closed connection has no address.
    this.origin = new Origin(httpExchange.getSourceAddress(), System.nanoTime());
    this.connection = (HttpServerConnection) httpExchange.getConnection();
    this.context = context;
    this.clock = new StageClock(context.reporter.metrics(), origin.startedAt());
    httpExchange.addExchangeCompleteListener(
        (unused, next) -> {
          onComplete();
          next.proceed();
        });
    // A connection has one close setter: this replaces the listener of the previous request.
    connection.getCloseSetter().set(unused -> onIoThread(this::onClosed));
  }

  /** Returns the address of the connection's peer. */
  InetSocketAddress peer() {
    return origin.peer();
  }

  /** Returns the id that identifies the request to the caller and in every log. */
  UUID firstId() {
    return firstId;
  }

  void setUpstreamTarget(String upstreamTarget) {
    this.upstreamTarget = Optional.of(upstreamTarget);
  }

  /** Sets the action for when the caller hangs up; {@link OnHangUp#CANCEL} by default. */
  void setOnHangUp(OnHangUp onHangUp) {
    this.onHangUp = onHangUp;
  }

  /** Sets the permit, which is released when the request ends. */
  void setPermit(Admission.Permit permit) {
    this.permit = Optional.of(permit);
  }

  /** More bytes of the request's body have arrived. */
  void onBytes(int more) {
    requestBytes += more;
  }

  /** Closes the connection after the answer, if the request is complete when the answer comes. */
  void closeAfterAnswer() {
    closesAfterAnswer = true;
  }

  /**
   * Submits the complete request to the loop, and watches whether the caller hangs up.
   *
   * @throws RequestRefusedException if too many requests are in flight
   */
  void submit(Request request, Duration requestTimeout) throws RequestRefusedException {
    if (permit.isPresent()) {
      permit.get().onRequestComplete(System.nanoTime());
    }
    clock.requestComplete();
    submitted = true;
    boolean probing = onHangUp == OnHangUp.CANCEL && httpExchange.isHttp11();
    hangUpDetector = Optional.of(HangUpDetector.watch(connection, probing, this::closeAfterAnswer));
    context.submitter.submit(
        new Submission(firstId, request, this, System.nanoTime() + requestTimeout.toNanos()));
  }

  @Override
  public void publishedAs(UUID clientReqId) {
    if (!clientReqId.equals(firstId)) {
      laterIds = Stream.concat(laterIds.stream(), Stream.of(clientReqId)).toList();
    }
  }

  @Override
  public void acked(AckTimes times, Optional<ProcessId> brokerId) {
    clock.acked(times.delayNanos());
    this.brokerId = brokerId.or(() -> this.brokerId);
    permit.ifPresent(held -> held.acked(times));
  }

  @Override
  public void answer(Response response) {
    clock.answerArrived();
    permit.ifPresent(Admission.Permit::answered);
    onIoThread(
        () ->
            write("answered", response.statusCode(), () -> context.answerFields.relayed(response)));
  }

  @Override
  public void onUpstreamBusy() {
    permit.ifPresent(Admission.Permit::onUpstreamBusy);
  }

  @Override
  public void fail(EventError error) {
    clock.answerArrived();
    permit.ifPresent(Admission.Permit::answered);
    onIoThread(() -> refuse(error));
  }

  /** Answers the request with a problem. On the I/O thread. */
  void refuse(EventError error) {
    Failure failure = error.failure();
    if (!httpExchange.isRequestComplete()) {
      discardUnread(
          failure == Failure.BAD_REQUEST
              || failure == Failure.NOT_IMPLEMENTED
              || failure == Failure.READ_TIMEOUT);
    }
    write(
        failure.code(), failure.status(), () -> ProblemResponse.of(error, firstId, upstreamTarget));
  }

  /** Answers the request without relaying it. On the I/O thread. */
  void answerUnrelayed(Response response) {
    if (!httpExchange.isRequestComplete()) {
      discardUnread(false);
    }
    write("answered", response.statusCode(), () -> response);
  }

  /**
   * Arranges for the unread rest of the request to be discarded, so that the caller can read the
   * answer.
   *
   * @param endUnknown true if the end of the request cannot be found; the connection is then closed
   */
  private void discardUnread(boolean endUnknown) {
    if (endUnknown || HttpContinue.requiresContinueResponse(httpExchange)) {
      httpExchange.setPersistent(false);
      return;
    }
    Linger linger = Linger.whileUndertowReads(connection.getChannel(), context.draining);
    httpExchange.addExchangeCompleteListener(
        (unused, next) -> {
          linger.stop();
          next.proceed();
        });
  }

  /** Ends the exchange. Undertow discards the rest of a request whose end it can find. */
  private void onWritten() {
    clock.answerWritten();
    if (httpExchange.isRequestComplete() || httpExchange.isPersistent()) {
      httpExchange.endExchange();
    } else {
      Linger.untilClosed(
          connection.getChannel(),
          connection.getOriginalSinkConduit(),
          connection.getOriginalSourceConduit(),
          context.draining);
    }
  }

  /**
   * Writes the answer, unless the request has one already or its caller is gone.
   *
   * @param outcome label for the meters
   */
  private void write(String outcome, int status, Supplier<Response> responseSupplier) {
    if (answered) {
      return;
    }
    if (!connection.isOpen()) {
      if (continuesWithoutCaller()) {
        answered = true; // nobody can read the answer
        this.outcome = outcome.equals("answered") ? "dropped" : outcome;
        this.status = status;
        end();
      }
      return;
    }
    answered = true;
    this.outcome = outcome;
    this.status = status;
    hangUpDetector.ifPresent(HangUpDetector::stop);
    if (closesAfterAnswer && httpExchange.isRequestComplete()) {
      httpExchange.setPersistent(false);
    }
    try {
      Response response = context.answerFields.complete(responseSupplier.get(), firstId);
      holdBytesOf(response);
      CallerSink.startAnswering(httpExchange);
      ResponseWriter.write(httpExchange, response, this::onWritten);
    } catch (SecurityException e) { // from Undertow: the hashes of too many names collide
      writeProblemInstead(
          Failure.UPSTREAM_PROTOCOL_ERROR,
          "too many header names of the answer have the same hash");
    } catch (RuntimeException | Error e) {
      log.error("event=bug client_req_id={}", firstId, e);
      writeProblemInstead(
          Failure.INTERNAL_ERROR, "internal error; see event=bug in the client agent's log");
    }
  }

  private void holdBytesOf(Response response) {
    permit.ifPresent(
        held -> held.holdAnswer(response.body().length() + response.headers().footprint()));
  }

  /** Writes a problem, because otherwise the exchange would never end, nor release its permit. */
  private void writeProblemInstead(Failure failure, String message) {
    outcome = failure.code();
    status = failure.status();
    if (httpExchange.isResponseStarted()) {
      IoUtils.safeClose(connection);
      httpExchange.endExchange();
      return;
    }
    try {
      httpExchange.getResponseHeaders().clear();
      EventError error = new RequestRefusedException(failure, message).error();
      Response problem =
          context.answerFields.complete(
              ProblemResponse.of(error, firstId, upstreamTarget), firstId);
      holdBytesOf(problem);
      ResponseWriter.write(httpExchange, problem, this::onWritten);
    } catch (RuntimeException | Error e) {
      log.error("event=bug client_req_id={}", firstId, e);
      IoUtils.safeClose(connection);
      httpExchange.endExchange();
    }
  }

  /** Returns whether the request goes on although its caller is gone. */
  private boolean continuesWithoutCaller() {
    return submitted && !answered && onHangUp == OnHangUp.FINISH;
  }

  private void onClosed() {
    if (submitted && !answered && onHangUp == OnHangUp.CANCEL) {
      answered = true; // a late answer must not be written
      context.submitter.onHungUp(firstId);
    }
    httpExchange.endExchange(); // frees Undertow's buffers, and calls onComplete
  }

  private void onComplete() {
    if (answered) {
      connection.getCloseSetter().set(null); // a kept connection must not reference its request
    }
    CallerSink.endRelaying(httpExchange);
    if (!continuesWithoutCaller()) {
      end();
    }
  }

  private void end() {
    if (ended) { // the answer came after the connection's close and before the exchange's end
      return;
    }
    ended = true;
    permit.ifPresent(Admission.Permit::release);
    long nanos = clock.total();
    report(new Result(outcome, status, requestBytes, httpExchange.getResponseBytesSent(), nanos));
    log.debug(
        "event=completed client_req_id={} outcome={} status={} ms={}",
        firstId,
        outcome,
        status,
        TimeUnit.NANOSECONDS.toMillis(nanos));
  }

  /** Reports the end. An exception would prevent Undertow from completing the exchange. */
  private void report(Result result) {
    try {
      Relaying relaying = new Relaying(upstreamTarget, laterIds, brokerId);
      context.reporter.ended(firstId, httpExchange, origin, relaying, result);
    } catch (RuntimeException | Error e) {
      log.error("event=bug client_req_id={}", firstId, e);
    }
  }

  private void onIoThread(Runnable task) {
    try {
      httpExchange.getIoThread().execute(task);
    } catch (RejectedExecutionException e) {
      permit.ifPresent(Admission.Permit::release); // the process stops: the I/O threads have ended
    }
  }
}
