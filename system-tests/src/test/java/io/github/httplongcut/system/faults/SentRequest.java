package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.relay.RoleProcess;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** A request that a caller sent, with its result. Thread-safe. */
final class SentRequest {

  /** The end of a request as its caller sees it. */
  enum End {
    ANSWERED,
    /** The connection broke before a response. */
    BROKEN,
    /** Every client agent refused the connection. */
    REFUSED
  }

  /**
   * The result that the caller got.
   *
   * @param code the value of {@code Longcut-Error}, or empty
   * @param body the response body, or the error of the connection
   * @param at {@link System#nanoTime}
   */
  record Answer(End end, int status, String code, String body, long at) {
    boolean isSuccess() {
      return end == End.ANSWERED && status == 200;
    }
  }

  private final String id;
  private final boolean post;
  private final int bodyLength;
  private final long sentAt = System.nanoTime();
  private final Instant sentAtTime = Instant.now();
  private final AtomicInteger answers = new AtomicInteger();
  private volatile RoleProcess client;
  private volatile Answer answer;

  /**
   * @param id unique among all that a {@link FaultBench} has seen
   */
  SentRequest(String id, boolean post, int bodyLength) {
    this.id = id;
    this.post = post;
    this.bodyLength = bodyLength;
  }

  String id() {
    return id;
  }

  boolean isPost() {
    return post;
  }

  String method() {
    return post ? "POST" : "GET";
  }

  /** The length of the body in bytes, by which a POST is found in the client agent's log. */
  int bodyLength() {
    return bodyLength;
  }

  long sentAt() {
    return sentAt;
  }

  Instant sentAtTime() {
    return sentAtTime;
  }

  /** Records the client agent to which the request is being sent. */
  void through(RoleProcess client) {
    this.client = client;
  }

  RoleProcess client() {
    return client;
  }

  void answered(Answer answer) {
    this.answer = answer;
    answers.incrementAndGet();
  }

  int answers() {
    return answers.get();
  }

  Optional<Answer> answer() {
    return Optional.ofNullable(answer);
  }

  boolean isSuccess() {
    Answer now = answer;
    return now != null && now.isSuccess();
  }

  /**
   * Nanoseconds from the request to its response, or to {@code now} if there is no response yet.
   */
  long nanos(long now) {
    Answer given = answer;
    return (given == null ? now : given.at()) - sentAt;
  }

  @Override
  public String toString() {
    Answer given = answer;
    String outcome =
        given == null
            ? "no response"
            : "%s %d %s after %d ms"
                .formatted(
                    given.end(), given.status(), given.code(), (given.at() - sentAt) / 1_000_000);
    return "%s %s through %s at %s: %s"
        .formatted(
            method(), id, client == null ? "no client agent" : client.name(), sentAtTime, outcome);
  }
}
