package io.github.httplongcut.session;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Session without RabbitMQ. Holds publications until the test gives them an outcome, and records
 * all calls. Calls the role's listeners on the loop. Thread-safe.
 */
public final class FakeSession implements Session {

  private final Executor loop;
  private final FakeChannel channel = new FakeChannel();
  private final List<Publication> published = new CopyOnWriteArrayList<>();
  private final List<Publication> unfinished = new CopyOnWriteArrayList<>();
  private final List<Publication> withdrawn = new CopyOnWriteArrayList<>();
  private final List<String> consumed = new CopyOnWriteArrayList<>();
  private final List<String> reopened = new CopyOnWriteArrayList<>();
  private volatile Consumer<Publication> onPublish = publication -> {};
  private volatile SessionListener listener;
  private volatile SessionState state = new SessionState(true, true, false);
  private volatile boolean publishesOnlyWhileConsuming;
  private volatile boolean closed;

  /** Creates a session for a test that calls everything on its own thread. */
  public FakeSession() {
    this(Runnable::run);
  }

  /**
   * Creates a session.
   *
   * @param loop runs the role's listeners
   */
  public FakeSession(Executor loop) {
    this.loop = loop;
  }

  /** Sets the action for each further publication; it runs on the publisher's thread. */
  public void onPublish(Consumer<Publication> onPublish) {
    this.onPublish = onPublish;
  }

  /** Confirms each further publication at once. */
  public void confirmAtOnce() {
    onPublish = publication -> complete(publication, Outcome.CONFIRMED);
  }

  /** Makes the next call of {@link #publish} throw after it has taken the publication. */
  public void failOnce() {
    onPublish =
        publication -> {
          onPublish = next -> {};
          throw new IllegalStateException("a bug, for this test");
        };
  }

  /** Returns the channel of {@link #deliver}. */
  public FakeChannel channel() {
    return channel;
  }

  /** Delivers events of a broker to the listener. */
  public void deliver(Event... events) {
    Delivery delivery = channel.deliver("key", "broker", events);
    loop.execute(() -> listener.onDelivery(delivery));
  }

  /** Returns the listener that was passed to {@link #start}. */
  public SessionListener listener() {
    return listener;
  }

  /** Returns all publications, in order; the test may clear the list. */
  public List<Publication> published() {
    return published;
  }

  /** Returns the events of all publications, in order. */
  public List<Event> events() {
    return published.stream().map(Publication::event).toList();
  }

  /** Returns the publications without an outcome, in order. */
  public List<Publication> unfinished() {
    return unfinished;
  }

  /** Returns the publications of the type without an outcome, in order. */
  public List<Publication> all(EventType type) {
    return unfinished.stream().filter(each -> each.event().type() == type).toList();
  }

  /** Returns the only publication of the type without an outcome. */
  public Publication only(EventType type) {
    List<Publication> found = all(type);
    if (found.size() != 1) {
      throw new AssertionError("without an outcome: " + unfinished);
    }
    return found.get(0);
  }

  /** Returns the publications that were taken back, in order. */
  public List<Publication> withdrawn() {
    return withdrawn;
  }

  /** Gives a publication its outcome. */
  public void complete(Publication publication, Outcome outcome) {
    unfinished.remove(publication);
    loop.execute(() -> publication.done(outcome));
  }

  /** Gives the only publication of the type its outcome. */
  public void complete(EventType type, Outcome outcome) {
    complete(only(type), outcome);
  }

  /** Gives all publications without an outcome this one. */
  public void completeAll(Outcome outcome) {
    List.copyOf(unfinished).forEach(each -> complete(each, outcome));
  }

  /** Forgets all that it has recorded, for tests that measure memory. */
  public void forget() {
    published.clear();
    unfinished.clear();
    withdrawn.clear();
    channel.forget();
  }

  public void state(SessionState state) {
    this.state = state;
  }

  /** Returns the calls of {@link #consume} in order, as {@code <queue> <prefetch>}. */
  public List<String> consumed() {
    return consumed;
  }

  /** Returns the reasons of all calls of {@link #reopenConsuming}. */
  public List<String> reopened() {
    return reopened;
  }

  /** Returns whether the role has called {@link #publishOnlyWhileConsuming}. */
  public boolean publishesOnlyWhileConsuming() {
    return publishesOnlyWhileConsuming;
  }

  public boolean isClosed() {
    return closed;
  }

  @Override
  public void start(SessionListener listener) {
    this.listener = listener;
  }

  @Override
  public void publishOnlyWhileConsuming() {
    publishesOnlyWhileConsuming = true;
  }

  @Override
  public PeerLink linkPeers(EventType type, PeerLink.Listener listener) {
    return new PeerLink() {
      @Override
      public void publish(Event event) {}

      @Override
      public Optional<String> trouble() {
        return Optional.empty();
      }
    };
  }

  @Override
  public void publish(Publication publication) {
    published.add(publication);
    unfinished.add(publication);
    onPublish.accept(publication);
  }

  @Override
  public void withdraw(Publication publication) {
    withdrawn.add(publication);
    unfinished.remove(publication);
  }

  @Override
  public SessionState state() {
    return state;
  }

  @Override
  public void reopenConsuming(String why) {
    reopened.add(why);
  }

  @Override
  public void consume(String queue, int prefetch) {
    consumed.add(queue + " " + prefetch);
  }

  @Override
  public void stopConsuming(Set<String> queues, Runnable then) {}

  @Override
  public boolean flush(Duration atMost) {
    return unfinished.isEmpty();
  }

  @Override
  public void close() {
    closed = true;
  }
}
