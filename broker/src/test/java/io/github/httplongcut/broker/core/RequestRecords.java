package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Accounts of made-up requests, for tests of the memory and of the pages. */
public final class RequestRecords {

  public static final ProcessId AGENT = new ProcessId("plant", "a-aaaaaa");
  public static final ProcessId CLIENT = new ProcessId("acme", "c-aaaaaa");

  private RequestRecords() {}

  /** Returns an account of a request that was dispatched once and answered. */
  public static RequestRecord answered(int number, int status, long receivedAt, long nanos) {
    return record(number, Ending.answered(status), receivedAt, nanos);
  }

  /** Returns an account of a request that failed. */
  public static RequestRecord failed(int number, Failure failure, String message, long receivedAt) {
    EventError error = new EventError(failure, message, Hop.UPSTREAM_AGENT);
    return record(number, Ending.failed(error), receivedAt, 1_000_000);
  }

  /** Returns an account of a request that its caller gave up. */
  public static RequestRecord cancelled(int number, long receivedAt) {
    return record(number, Ending.cancelled(), receivedAt, 1_000_000);
  }

  /** Returns an account of a request that the broker lost; its dispatch has an id of its own. */
  public static RequestRecord lost(int number, long receivedAt) {
    Ending ending = Ending.lost("consuming connection lost");
    return record(number, ending, lostDispatchOf(number), receivedAt, 1_000_000);
  }

  /** Returns an account of a request for a target without an agent, which was never dispatched. */
  public static RequestRecord unserved(int number) {
    EventError error = new EventError(Failure.NO_UPSTREAM_AGENT, "no upstream agent", Hop.BROKER);
    Ending ending = Ending.failed(error);
    UUID none = dispatchOf(number);
    List<TimelineStep> steps =
        List.of(
            new TimelineStep(0, TimelineStage.RECEIVED, "", none, Optional.empty()),
            new TimelineStep(0, TimelineStage.OVER, ending.why(), none, Optional.empty()));
    return record(number, ending, new RequestSteps(steps, 0, 0));
  }

  private static RequestRecord record(int number, Ending ending, long receivedAt, long nanos) {
    return record(number, ending, dispatchOf(number), receivedAt, nanos);
  }

  private static RequestRecord record(
      int number, Ending ending, UUID dispatch, long receivedAt, long nanos) {
    long endedAt = receivedAt + nanos;
    List<TimelineStep> steps =
        List.of(
            new TimelineStep(receivedAt, TimelineStage.RECEIVED, "", dispatch, Optional.empty()),
            new TimelineStep(
                receivedAt, TimelineStage.DISPATCHED, "received", dispatch, Optional.of(AGENT)),
            new TimelineStep(
                endedAt, TimelineStage.OVER, ending.why(), dispatch, Optional.empty()));
    return record(number, ending, new RequestSteps(steps, 0, 1));
  }

  private static RequestRecord record(int number, Ending ending, RequestSteps steps) {
    return new RequestRecord(
        new RequestRecord.Subject(id(number), CLIENT, "orders", "POST", "/orders/" + number, 12),
        steps,
        Optional.of(ending),
        new Ran(Ran.Verdict.MAYBE, "a made-up reason"));
  }

  /** Returns the {@code client_req_id} of a request. */
  public static UUID id(int number) {
    return new UUID(1, number);
  }

  /** Returns the {@code broker_req_id} of a request. */
  public static UUID dispatchOf(int number) {
    return new UUID(2, number);
  }

  /** Returns the {@code broker_req_id} of a request that was lost. */
  public static UUID lostDispatchOf(int number) {
    return new UUID(3, number);
  }
}
