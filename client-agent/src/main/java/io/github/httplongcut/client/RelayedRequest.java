package io.github.httplongcut.client;

import io.github.httplongcut.client.ClientAgentConfig.OnHangUp;
import io.github.httplongcut.client.PendingRequest.Incoming;
import io.github.httplongcut.http.HeaderRules;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpContinue;
import io.undertow.server.protocol.http.HttpServerConnection;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;

/**
 * One HTTP request from its first line to its answer's last byte. Belongs to its connection's I/O
 * thread; as a {@link Caller} it is called on the loop.
 */
final class RelayedRequest implements Caller {

  private static final String RECEIVED_PROTOCOL = "1.1"; // the upstream agent speaks nothing else
  private static final Logger log = LoggerFactory.getLogger(RelayedRequest.class);

  /**
   * What all requests share.
   *
   * @param pseudonym names this process in {@code Via}
   * @param date for answers that have none
   * @param draining true once the process stops
   */
  record Context(
      RequestSubmitter relay,
      RequestMetrics metrics,
      String pseudonym,
      HttpDate date,
      BooleanSupplier draining) {

    /** The same of a process that stops once {@code draining} is true. */
    Context drainingWhen(BooleanSupplier draining) {
      return new Context(relay, metrics, pseudonym, date, draining);
    }
  }

  private final UUID firstId = UUID.randomUUID();
  private final long receivedAt = System.nanoTime();
  private final HttpServerExchange httpExchange;
  private final HttpServerConnection connection;
  private final Context context;
  private Optional<String> upstreamTarget = Optional.empty();
  private Optional<Admission.Permit> permit = Optional.empty();
  private Optional<HangUpDetector> hangUp = Optional.empty();
  private OnHangUp onHangUp = OnHangUp.CANCEL;
  private boolean submitted;
  private boolean closing;
  private boolean answered;
  private boolean ended;
  private String outcome = "hung_up";

  RelayedRequest(HttpServerExchange httpExchange, Context context) {
    this.httpExchange = httpExchange;
    this.connection = (HttpServerConnection) httpExchange.getConnection();
    this.context = context;
    httpExchange.addExchangeCompleteListener(
        (unused, next) -> {
          onComplete();
          next.proceed();
        });
    // One listener for each connection, not a list of them: the last request's is the one.
    connection.getCloseSetter().set(unused -> onIoThread(this::onClosed));
  }

  /** The id that names it to the caller and in every log. */
  UUID firstId() {
    return firstId;
  }

  /** Its target is known now. */
  void isFor(String upstreamTarget) {
    this.upstreamTarget = Optional.of(upstreamTarget);
  }

  /** Decides about it when its caller is gone; {@link OnHangUp#CANCEL} by default. */
  void onHangUp(OnHangUp rule) {
    this.onHangUp = rule;
  }

  /** It takes up that place until it is over. */
  void takes(Admission.Permit permit) {
    this.permit = Optional.of(permit);
  }

  /** Its answer is the last on its connection, unless its content is never read. */
  void closeAfterwards() {
    closing = true;
  }

  /**
   * It is whole: the loop takes over, and the caller is watched.
   *
   * @throws RequestRefusedException if too many are under way
   */
  void submit(Request request, Duration requestTimeout) throws RequestRefusedException {
    if (permit.isPresent()) {
      permit.get().handedOver(System.nanoTime());
    }
    submitted = true;
    boolean probing = onHangUp == OnHangUp.CANCEL && httpExchange.isHttp11();
    hangUp = Optional.of(HangUpDetector.watch(connection, probing, this::closeAfterwards));
    context.relay.submit(
        new Incoming(firstId, request, this, System.nanoTime() + requestTimeout.toNanos()));
  }

  @Override
  public void acked(long delayNanos) {
    permit.ifPresent(taken -> taken.acked(delayNanos));
  }

  @Override
  public void answer(Response response) {
    permit.ifPresent(Admission.Permit::answered);
    onIoThread(() -> write("answered", () -> forCaller(response)));
  }

  private Response forCaller(Response response) {
    Headers headers =
        HeaderRules.withVia(
            HeaderRules.endToEnd(response.headers()), RECEIVED_PROTOCOL, context.pseudonym);
    return new Response(response.statusCode(), headers, response.body());
  }

  private Response dated(Response response) {
    Headers headers = HeaderRules.withDate(response.headers(), context.date.now());
    return new Response(response.statusCode(), headers, response.body());
  }

  @Override
  public void foundNoRoom() {
    permit.ifPresent(Admission.Permit::foundNoRoom);
  }

  @Override
  public void fail(EventError error) {
    permit.ifPresent(Admission.Permit::answered);
    onIoThread(() -> refuse(error));
  }

  /** Answers it with a problem; on the I/O thread. */
  void refuse(EventError error) {
    if (!httpExchange.isRequestComplete()) {
      Failure failure = error.failure();
      endUnread(
          failure == Failure.BAD_REQUEST
              || failure == Failure.NOT_IMPLEMENTED
              || failure == Failure.READ_TIMEOUT);
    }
    write(error.failure().code(), () -> ProblemResponse.of(error, firstId, upstreamTarget));
  }

  /** Answers it without a problem and without the relay; on the I/O thread. */
  void answerUnrelayed(Response response) {
    if (!httpExchange.isRequestComplete()) {
      endUnread(false);
    }
    write("answered", () -> response);
  }

  /** What the caller still sends has to go somewhere, or it never reads the answer. */
  private void endUnread(boolean unframed) {
    if (unframed || HttpContinue.requiresContinueResponse(httpExchange)) {
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

  /** Ends the exchange: Undertow discards the rest of a request that it can frame. */
  private void onWritten() {
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

  private void write(String outcome, Supplier<Response> made) {
    if (answered) {
      return;
    }
    if (!connection.isOpen()) {
      if (isOnItsOwn()) {
        answered = true; // there is nobody to read it
        this.outcome = outcome.equals("answered") ? "dropped" : outcome;
        end();
      }
      return;
    }
    answered = true;
    this.outcome = outcome;
    hangUp.ifPresent(HangUpDetector::stop);
    if (closing && httpExchange.isRequestComplete()) {
      httpExchange.setPersistent(false);
    }
    try {
      Response response = dated(made.get());
      hold(response);
      CallerSink.answering(httpExchange);
      ResponseWriter.write(httpExchange, response, this::onWritten);
    } catch (SecurityException e) { // Undertow: the hashes of too many names collide
      writeInstead(Failure.UPSTREAM_PROTOCOL_ERROR, "the answer has too many similar header names");
    } catch (RuntimeException | Error e) {
      log.error("event=bug client_req_id={}", firstId, e);
      writeInstead(Failure.INTERNAL_ERROR, "a bug: see the log");
    }
  }

  private void hold(Response response) {
    permit.ifPresent(
        taken -> taken.holdAnswer(response.body().length() + response.headers().footprint()));
  }

  /** Nothing else would end the exchange, and its place would never be free again. */
  private void writeInstead(Failure failure, String message) {
    outcome = failure.code();
    if (httpExchange.isResponseStarted()) {
      IoUtils.safeClose(connection);
      httpExchange.endExchange();
      return;
    }
    try {
      httpExchange.getResponseHeaders().clear();
      EventError error = new RequestRefusedException(failure, message).error();
      Response problem = dated(ProblemResponse.of(error, firstId, upstreamTarget));
      hold(problem);
      ResponseWriter.write(httpExchange, problem, this::onWritten);
    } catch (RuntimeException | Error e) {
      log.error("event=bug client_req_id={}", firstId, e);
      IoUtils.safeClose(connection);
      httpExchange.endExchange();
    }
  }

  /** Returns whether it goes on once its caller is gone. */
  private boolean isOnItsOwn() {
    return submitted && !answered && onHangUp == OnHangUp.FINISH;
  }

  private void onClosed() {
    if (submitted && !answered && onHangUp == OnHangUp.CANCEL) {
      answered = true; // by nobody: it must not be written any more
      context.relay.onHungUp(firstId);
    }
    httpExchange.endExchange(); // frees what Undertow holds, and completes it
  }

  private void onComplete() {
    if (answered) {
      connection.getCloseSetter().set(null); // a kept connection holds nothing of its last request
    }
    CallerSink.relayed(httpExchange);
    if (!isOnItsOwn()) {
      end();
    }
  }

  private void end() {
    if (ended) { // its connection was closed, and its answer came before the exchange's end
      return;
    }
    ended = true;
    permit.ifPresent(Admission.Permit::release);
    long nanos = System.nanoTime() - receivedAt;
    context.metrics.completed(upstreamTarget, outcome, nanos);
    log.debug(
        "event=completed client_req_id={} outcome={} status={} ms={}",
        firstId,
        outcome,
        httpExchange.getStatusCode(),
        TimeUnit.NANOSECONDS.toMillis(nanos));
  }

  private void onIoThread(Runnable task) {
    try {
      httpExchange.getIoThread().execute(task);
    } catch (RejectedExecutionException e) {
      permit.ifPresent(Admission.Permit::release); // the process stops: no thread, no connection
    }
  }
}
