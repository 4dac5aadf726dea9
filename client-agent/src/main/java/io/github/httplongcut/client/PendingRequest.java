package io.github.httplongcut.client;

import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A request until it is answered: its ids, and what the latest of them waits for. */
final class PendingRequest {

  /**
   * A request as it comes in.
   *
   * @param firstId names it to the caller and in every log
   * @param deadline {@link System#nanoTime} at which its time is up
   */
  record Incoming(UUID firstId, Request request, Caller caller, long deadline) {}

  /** What the latest publication waits for. */
  private enum Stage {
    /** RabbitMQ's word on it. */
    HANDED_OVER,
    /** A broker's word on it, until the check. */
    CHECKED,
    /** The answer: a broker has it. */
    ACKED
  }

  private final Incoming incoming;
  private final List<UUID> ids = new ArrayList<>(1);
  private final Map<UUID, ClientRequestAck> acks = new LinkedHashMap<>(2);
  private Stage stage = Stage.HANDED_OVER;
  private Runnable takeBack = () -> {};
  private long publishedAt;
  private long checkAt;
  private int cameBack;

  PendingRequest(Incoming incoming) {
    this.incoming = incoming;
  }

  UUID firstId() {
    return incoming.firstId();
  }

  Request request() {
    return incoming.request();
  }

  Caller caller() {
    return incoming.caller();
  }

  long deadline() {
    return incoming.deadline();
  }

  boolean isRepeatable() {
    return incoming.request().isRepeatable();
  }

  /** Every {@code client_req_id} that it was published with. */
  List<UUID> ids() {
    return ids;
  }

  /** The brokers that said they have it, one for each id. */
  Collection<ClientRequestAck> acks() {
    return acks.values();
  }

  /**
   * Returns whether the broker that {@code event} was said to, if it is an orphan, has acked the
   * request. An upstream agent names any broker that is gone: only of one that had the request can
   * it know that the request did not run.
   */
  boolean mayBeSaidBy(BrokerError event) {
    return event
        .orphanOf()
        .map(
            broker ->
                acks.values().stream()
                    .anyMatch(
                        ack ->
                            ack.brokerId().equals(broker)
                                && ack.clientReqId().equals(event.clientReqId())))
        .orElse(true);
  }

  /** Whether {@code id} is the one that counts. */
  boolean isLatest(UUID id) {
    return ids.get(ids.size() - 1).equals(id);
  }

  /** How often it certainly came back without having run. */
  int cameBack() {
    return cameBack;
  }

  void countComeback() {
    cameBack++;
  }

  /** It is published (again) with this id. */
  void handOver(UUID id, long now) {
    ids.add(id);
    publishedAt = now;
    stage = Stage.HANDED_OVER;
  }

  /** Whether the latest publication is no older than that. */
  boolean isPublishedWithin(Duration time, long now) {
    return now - publishedAt <= time.toNanos();
  }

  /** How to take back what {@link #handOver} was about. */
  void onTakeBack(Runnable takeBack) {
    this.takeBack = takeBack;
  }

  /** RabbitMQ has said its word: there is nothing to take back, and nothing to keep for that. */
  void settled() {
    takeBack = () -> {};
  }

  /** The latest publication shall not be written, if it is not yet. */
  void takeBack() {
    takeBack.run();
  }

  /** Only RabbitMQ's word is missing still. */
  boolean isHandedOver() {
    return stage == Stage.HANDED_OVER;
  }

  /** A broker's word is due at {@code checkAt}, on the fair clock. */
  void checkAt(long checkAt) {
    this.checkAt = checkAt;
    stage = Stage.CHECKED;
  }

  boolean isCheckDue(long fairNow) {
    return stage == Stage.CHECKED && fairNow - checkAt >= 0;
  }

  /** A broker has it: of the latest id, that is what was waited for. */
  void acked(ClientRequestAck ack, long now) {
    acks.put(ack.clientReqId(), ack);
    if (isLatest(ack.clientReqId())) {
      stage = Stage.ACKED;
      caller().acked(now - publishedAt);
    }
  }

  /**
   * It is answered. If the ack is still on its way, it took that long at the most; unless it is
   * overdue, since then its broker is gone, and the answer came by another one.
   */
  void answered(Response response, Duration ackTimeout, long now) {
    if (stage != Stage.ACKED && isPublishedWithin(ackTimeout, now)) {
      caller().acked(now - publishedAt);
    }
    caller().answer(response);
  }
}
