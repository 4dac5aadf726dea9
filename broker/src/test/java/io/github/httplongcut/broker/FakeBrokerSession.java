package io.github.httplongcut.broker;

import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.session.FakeChannel;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Session;
import io.github.httplongcut.session.SessionListener;
import io.github.httplongcut.session.SessionState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Fake session that holds publications until the test gives them an outcome. */
final class FakeBrokerSession implements Session {

  private final List<Publication> published = new ArrayList<>();
  private final List<String> consumed = new ArrayList<>();
  private SessionState state = new SessionState(true, true, false);
  private int reopened;
  private boolean failing;

  /** Makes the next call of {@link #publish} throw after it has taken the publication. */
  void failOnce() {
    failing = true;
  }

  /** Returns the only publication of the type without an outcome. */
  Publication only(EventType type) {
    List<Publication> found = all(type);
    if (found.size() != 1) {
      throw new AssertionError("published: " + published);
    }
    return found.get(0);
  }

  List<Publication> all(EventType type) {
    return published.stream().filter(each -> each.event().type() == type).toList();
  }

  /** Gives the only publication of the type its outcome. */
  void done(EventType type, Outcome outcome) {
    Publication publication = only(type);
    published.remove(publication);
    FakeChannel.done(publication, outcome);
  }

  void state(SessionState state) {
    this.state = state;
  }

  /** Returns the calls of {@link #consume} in order, as {@code <queue> <prefetch>}. */
  List<String> consumed() {
    return consumed;
  }

  int reopened() {
    return reopened;
  }

  @Override
  public void start(SessionListener listener) {}

  @Override
  public void publishOnlyWhileConsuming() {
    throw new AssertionError("a broker publishes whether it consumes or not");
  }

  @Override
  public void publish(Publication publication) {
    published.add(publication);
    if (failing) {
      failing = false;
      throw new IllegalStateException("a bug, for this test");
    }
  }

  @Override
  public void withdraw(Publication publication) {}

  @Override
  public SessionState state() {
    return state;
  }

  @Override
  public void reopenConsuming(String why) {
    reopened++;
  }

  @Override
  public void consume(String queue, int prefetch) {
    consumed.add(queue + " " + prefetch);
  }

  @Override
  public void stopConsuming(Set<String> queues, Runnable then) {}

  @Override
  public boolean flush(Duration atMost) {
    return true;
  }

  @Override
  public void close() {}
}
