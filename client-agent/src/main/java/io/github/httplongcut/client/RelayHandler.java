package io.github.httplongcut.client;

import io.github.httplongcut.client.Routes.Destination;
import io.github.httplongcut.http.HeaderRules;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.undertow.io.IoCallback;
import io.undertow.io.Sender;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpContinue;
import io.undertow.util.SameThreadExecutor;
import java.io.IOException;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles HTTP requests: checks the head, finds the upstream target, acquires a permit, reads the
 * content and submits the request to the loop. All on I/O threads; nothing blocks.
 */
final class RelayHandler implements HttpHandler {

  private static final Logger log = LoggerFactory.getLogger(RelayHandler.class);

  /** The client agent's own answer to OPTIONS (RFC 9110 section 9.3.7). */
  private static final Response OPTIONS =
      new Response(
          204,
          Headers.builder().add("Allow", ProblemResponse.RELAYED_METHODS).build(),
          Body.ABSENT);

  private final ClientAgentConfig config;
  private final String pseudonym;
  private final Routes routes;
  private final RequestFields fields;
  private final Callers callers;
  private final Admission admission;
  private final RelayedRequest.Context context;
  private volatile boolean draining;
  private volatile long lastReceivedAt = System.nanoTime();

  /**
   * @param pseudonym name of this process in {@code Via}
   */
  RelayHandler(
      ClientAgentConfig config,
      String pseudonym,
      Admission admission,
      RelayedRequest.Context context) {
    this.config = config;
    this.pseudonym = pseudonym;
    this.routes = new Routes(config.routing());
    this.fields = new RequestFields(config.forwarding(), pseudonym);
    this.callers = config.callers();
    this.admission = admission;
    this.context = context.drainingWhen(() -> draining);
  }

  /** Starts draining: from now on every answer is the last on its connection. */
  void drain() {
    draining = true;
  }

  /** Returns the {@link System#nanoTime} at which the last request came. */
  long lastReceivedAt() {
    return lastReceivedAt;
  }

  @Override
  public void handleRequest(HttpServerExchange httpExchange) {
    lastReceivedAt = System.nanoTime();
    CallerSink.startRelaying(httpExchange);
    RelayedRequest relayed = new RelayedRequest(httpExchange, context);
    if (draining) {
      relayed.closeAfterAnswer();
    }
    // Dispatched, so that Undertow does not end the exchange when this method returns.
    httpExchange.dispatch(SameThreadExecutor.INSTANCE, () -> receive(httpExchange, relayed));
  }

  private void receive(HttpServerExchange httpExchange, RelayedRequest relayed) {
    guarded(
        relayed,
        () -> {
          if (RequestHead.isMisspelledHead(httpExchange.getRequestMethod().toString())) {
            relayed.closeAfterAnswer(); // Undertow omits the content, but the caller may expect it
          }
          RequestHead head = RequestHead.read(httpExchange, config.limits());
          if (HeaderRules.asksToClose(head.headers())) {
            relayed.closeAfterAnswer();
          }
          if (HeaderRules.hasPassed(head.headers(), pseudonym)) {
            throw new RequestRefusedException(
                Failure.LOOP_DETECTED,
                "the Via header shows that the request has passed this client agent before");
          }
          if (head.isOptions() && mayNotBeForwarded(head.headers())) {
            relayed.answerUnrelayed(OPTIONS);
            return;
          }
          Destination destination =
              routes
                  .find(head.authority(), head.url())
                  .orElseThrow(
                      refused(
                          Failure.NO_ROUTE,
                          "no route matches, and default-upstream-target is not set"));
          relayed.setUpstreamTarget(destination.upstreamTarget());
          relayed.setOnHangUp(destination.onHangUp());
          Admission.Permit permit =
              admission.acquire(
                  destination.upstreamTarget(),
                  callers.ofRequest(relayed.peer(), head.headers()),
                  head.size(),
                  System.nanoTime());
          relayed.setPermit(permit);
          log.debug(
              "event=received client_req_id={} method={} upstream_target={} content_length={}",
              relayed.firstId(),
              head.method(), // a token: needs no quotes
              destination.upstreamTarget(),
              head.contentLength());
          Headers headers =
              fields.of(head, destination, relayed.peer(), httpExchange.getRequestScheme());
          readBody(
              httpExchange,
              head,
              permit,
              new BodyReader.Callback() {
                @Override
                public void onBytes(int more) {
                  relayed.onBytes(more);
                }

                @Override
                public void onBody(Body body) {
                  guarded(
                      relayed, () -> submit(relayed, request(head, destination, headers, body)));
                }

                @Override
                public void onRefused(RequestRefusedException why) {
                  relayed.refuse(why.error());
                }
              });
        });
  }

  /** Returns whether the fields contain {@code Max-Forwards: 0} (RFC 9110 section 7.6.2). */
  private static boolean mayNotBeForwarded(Headers headers) throws RequestRefusedException {
    try {
      OptionalInt left = HeaderRules.maxForwards(headers);
      return left.isPresent() && left.getAsInt() == 0;
    } catch (IllegalArgumentException e) {
      throw new RequestRefusedException(Failure.BAD_REQUEST, e.getMessage());
    }
  }

  private interface RefusableTask {
    void run() throws RequestRefusedException;
  }

  /**
   * Runs the task and answers any exception with a problem: nothing else would end the exchange.
   */
  private static void guarded(RelayedRequest relayed, RefusableTask task) {
    try {
      task.run();
    } catch (RequestRefusedException e) {
      relayed.refuse(e.error());
    } catch (RuntimeException | Error e) {
      log.error("event=bug client_req_id={}", relayed.firstId(), e);
      relayed.refuse(
          new RequestRefusedException(
                  Failure.INTERNAL_ERROR, "internal error; see event=bug in the client agent's log")
              .error());
    }
  }

  private static Supplier<RequestRefusedException> refused(Failure failure, String message) {
    return () -> new RequestRefusedException(failure, message);
  }

  private void readBody(
      HttpServerExchange httpExchange,
      RequestHead head,
      Admission.Permit permit,
      BodyReader.Callback callback) {
    if (head.framing() == RequestHead.Framing.NO_CONTENT) {
      callback.onBody(Body.ABSENT);
      return;
    }
    BodyReader reader = new BodyReader(httpExchange, head, config.limits(), permit, callback);
    if (!HttpContinue.requiresContinueResponse(httpExchange)) {
      reader.start(config.listener().uploadPace());
      return;
    }
    HttpContinue.sendContinueResponse(
        httpExchange,
        new IoCallback() {
          @Override
          public void onComplete(HttpServerExchange unused, Sender sender) {
            reader.start(config.listener().uploadPace());
          }

          @Override
          public void onException(HttpServerExchange unused, Sender sender, IOException e) {
            callback.onRefused(
                new RequestRefusedException(
                    Failure.BAD_REQUEST, "the connection failed before the request body"));
          }
        });
  }

  private static Request request(
      RequestHead head, Destination destination, Headers headers, Body body)
      throws RequestRefusedException {
    try {
      return new Request(
          destination.upstreamTarget(), head.method(), destination.url(), headers, body);
    } catch (IllegalArgumentException e) {
      throw new RequestRefusedException(Failure.BAD_REQUEST, e.getMessage());
    }
  }

  private void submit(RelayedRequest relayed, Request request) throws RequestRefusedException {
    relayed.submit(request, config.requestTimeout());
  }
}
