package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.relay.RoleProcess;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** A request that was sent, and what the caller got for it. Thread-safe. */
final class Sent {

  /** How a request ended for its caller. */
  enum End {
    ANSWERED,
    /** The connection broke before an answer. */
    BROKEN,
    /** No client agent took the connection. */
    REFUSED
  }

  /**
   * What the caller got.
   *
   * @param code of {@code Longcut-Error}, or empty
   * @param body the answer's, or what broke
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
  Sent(String id, boolean post, int bodyLength) {
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

  /** What the client agent's log knows a POST by. */
  int bodyLength() {
    return bodyLength;
  }

  long sentAt() {
    return sentAt;
  }

  Instant sentAtTime() {
    return sentAtTime;
  }

  /** It is sent to that client agent (now). */
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

  /** How long the caller has waited, at most until {@code now}. */
  long nanos(long now) {
    Answer given = answer;
    return (given == null ? now : given.at()) - sentAt;
  }

  @Override
  public String toString() {
    Answer given = answer;
    String outcome =
        given == null
            ? "no answer"
            : "%s %d %s after %d ms"
                .formatted(
                    given.end(), given.status(), given.code(), (given.at() - sentAt) / 1_000_000);
    return "%s %s through %s at %s: %s"
        .formatted(method(), id, client == null ? "nobody" : client.name(), sentAtTime, outcome);
  }
}
