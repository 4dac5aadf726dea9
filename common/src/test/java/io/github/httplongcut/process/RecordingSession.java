package io.github.httplongcut.process;

import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.session.PeerLink;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Session;
import io.github.httplongcut.session.SessionListener;
import io.github.httplongcut.session.SessionState;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Session without RabbitMQ that records calls. It is healthy until a test changes its state. */
final class RecordingSession implements Session {

  static final SessionState HEALTHY = new SessionState(true, true, false);

  private final List<String> calls;
  private volatile SessionState state = HEALTHY;

  /**
   * @param calls list to add the calls to
   */
  RecordingSession(List<String> calls) {
    this.calls = calls;
  }

  void state(SessionState state) {
    this.state = state;
  }

  @Override
  public SessionState state() {
    return state;
  }

  @Override
  public void start(SessionListener listener) {
    calls.add("start session");
  }

  @Override
  public void reopenConsuming(String why) {
    calls.add("reopen: " + why);
  }

  @Override
  public boolean flush(Duration atMost) {
    calls.add("flush session");
    return true;
  }

  @Override
  public void close() {
    calls.add("close session");
  }

  @Override
  public void publishOnlyWhileConsuming() {
    throw new AssertionError("only a role calls this");
  }

  @Override
  public PeerLink linkPeers(EventType type, PeerLink.Listener listener) {
    throw new AssertionError("only a role calls this");
  }

  @Override
  public void publish(Publication publication) {
    throw new AssertionError("only a role publishes");
  }

  @Override
  public void withdraw(Publication publication) {
    throw new AssertionError("only a role publishes");
  }

  @Override
  public void consume(String queue, int prefetch) {
    throw new AssertionError("only a role consumes");
  }

  @Override
  public void stopConsuming(Set<String> queues, Runnable then) {
    throw new AssertionError("only a role consumes");
  }
}
