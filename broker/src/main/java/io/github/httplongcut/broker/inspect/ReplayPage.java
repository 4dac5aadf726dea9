package io.github.httplongcut.broker.inspect;

import io.github.httplongcut.admin.PageAnswer;
import io.github.httplongcut.broker.core.ReplayId;
import io.github.httplongcut.broker.inspect.CapturedExchange.CapturedRequest;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Action {@code POST /api/requests/ID/replay}: sends a captured request again, under a new id, to
 * the same target. Thread-safe.
 */
public final class ReplayPage {

  private static final Logger log = LoggerFactory.getLogger(ReplayPage.class);

  private static final String ACTION = "/replay";
  private static final int CONFLICT = 409;
  private static final int UNAVAILABLE = 503;

  private final Captures captures;
  private final Loop loop;
  private final Sender sender;

  /**
   * Sends requests again: the broker.
   *
   * @param clientReqIdOf finds the remembered request with an id, or with a dispatch of this id;
   *     thread-safe
   * @param id returns the broker's current id; thread-safe
   * @param start starts a replay; called on the loop
   * @param timeToLive the {@code client_req_ttl} of a replay
   */
  public record Sender(
      Function<UUID, Optional<UUID>> clientReqIdOf,
      Supplier<String> id,
      Function<ClientRequest, ReplayStart> start,
      Duration timeToLive) {}

  public ReplayPage(Captures captures, Loop loop, Sender sender) {
    this.captures = captures;
    this.loop = loop;
    this.sender = sender;
  }

  /**
   * Sends a request again, if that is allowed.
   *
   * @param subPath {@code ID/replay}
   * @param body the body of the POST
   * @param user who asks, for the log
   */
  public PageAnswer replay(String subPath, String body, String user) throws InterruptedException {
    if (!captures.allowReplays()) {
      return PageAnswer.error(
          403, "replay_off", "set longcut.broker.inspect.replay = true to send requests again");
    }
    Optional<UUID> id = idIn(subPath).flatMap(this::clientReqIdOf);
    if (id.isEmpty()) {
      return PageAnswer.error(
          404,
          "unknown_id",
          "this broker remembers no request with this id: ask the other brokers");
    }
    Optional<CapturedRequest> request = captures.find(id.get()).map(CapturedExchange::request);
    return request.isPresent()
        ? replay(id.get(), request.get(), body, user)
        : PageAnswer.error(
            CONFLICT, "not_captured", "the request was not captured, or its capture was dropped");
  }

  private PageAnswer replay(UUID id, CapturedRequest request, String body, String user)
      throws InterruptedException {
    if (request.message().body().truncated()) {
      return PageAnswer.error(
          CONFLICT,
          "not_complete",
          "only a part of the body was captured: raise longcut.broker.inspect.max-body-bytes");
    }
    if (!request.isRepeatable() && !Confirmation.isIn(body)) {
      return PageAnswer.error(
          CONFLICT,
          "confirm",
          "the request may change something again: to send it, post {\"confirm\":true}");
    }
    ReplayAttempt attempt =
        new ReplayAttempt(
            new ClientRequest(
                ProcessId.parse(sender.id.get()),
                ReplayId.of(UUID.randomUUID()),
                sender.timeToLive.toMillis(),
                request.original()),
            event -> start(event, id, user));
    return switch (attempt.run(loop, Loop.PAGE_TIMEOUT)) {
      case STARTED -> accepted(attempt.request());
      case DRAINING -> unavailable("draining", "the broker is stopping: ask another one");
      case FULL ->
          unavailable(
              "full", ReplayDesk.MAX_IN_FLIGHT + " replays are in flight: wait for their answers");
      case LOOP_BUSY ->
          unavailable(
              "loop_busy", "the broker's loop does not answer: nothing was sent, try again");
    };
  }

  /** Called on the loop. */
  private ReplayStart start(ClientRequest event, UUID original, String user) {
    ReplayStart outcome = sender.start.apply(event);
    if (outcome == ReplayStart.STARTED) {
      log.info(
          "event=replay user={} client_req_id={} replay_of={} method={} upstream_target={}",
          LogText.quoted(user),
          event.clientReqId(),
          original,
          LogText.quoted(event.request().method()),
          event.request().upstreamTarget());
    }
    return outcome;
  }

  private static PageAnswer accepted(ClientRequest event) {
    return PageAnswer.json(
        202,
        json -> {
          json.writeStringField("client_req_id", event.clientReqId().toString());
          json.writeStringField("broker", event.clientId().toString());
        });
  }

  private static PageAnswer unavailable(String error, String detail) {
    return PageAnswer.error(UNAVAILABLE, error, detail);
  }

  private static Optional<UUID> idIn(String subPath) {
    if (!subPath.endsWith(ACTION)) {
      return Optional.empty();
    }
    try {
      return Optional.of(UUID.fromString(subPath.substring(0, subPath.length() - ACTION.length())));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private Optional<UUID> clientReqIdOf(UUID id) {
    return captures.contains(id) ? Optional.of(id) : sender.clientReqIdOf.apply(id);
  }
}
