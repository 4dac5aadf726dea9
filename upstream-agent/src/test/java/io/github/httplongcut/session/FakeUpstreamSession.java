package io.github.httplongcut.session;

import io.github.httplongcut.protocol.Event;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;

/**
 * A session without RabbitMQ. It keeps publications until a test gives them an outcome, creates
 * deliveries, and records whether they are acked, rejected or settled. In this package because the
 * constructor of {@link Delivery} is package-private. Methods belong to one thread; other threads
 * may read the recorded lists.
 */
public final class FakeUpstreamSession implements Session, Delivery.Source {

  private final List<Publication> unconfirmed = new CopyOnWriteArrayList<>();
  private final List<Event> published = new CopyOnWriteArrayList<>();
  private final List<Delivery> acked = new CopyOnWriteArrayList<>();
  private final Map<Delivery, DiscardReason> discarded = new ConcurrentHashMap<>();
  private final List<Delivery> rejected = new CopyOnWriteArrayList<>();
  private final List<Delivery> settling = new CopyOnWriteArrayList<>();
  private final List<String> reopened = new CopyOnWriteArrayList<>();
  private volatile SessionListener listener;
  private Executor confirmsOn;
  private boolean open = true;

  /** Confirms each later publication at once, on {@code loop}. */
  public void confirmOn(Executor loop) {
    confirmsOn = loop;
  }

  /** Returns the listener that was passed to {@link #start}. */
  public SessionListener listener() {
    return listener;
  }

  /** Creates a message from a broker. */
  public Delivery delivery(String routingKey, String userId, Event... events) {
    return new Delivery(
        this,
        1,
        new Delivery.Envelope(Delivery.Origin.SENT, routingKey, userId, false),
        events[0].type(),
        List.of(events));
  }

  @Override
  public void publishOnlyWhileConsuming() {
    throw new AssertionError("an upstream agent publishes also while it does not consume");
  }

  @Override
  public void publish(Publication publication) {
    published.add(publication.event());
    if (confirmsOn == null) {
      unconfirmed.add(publication);
    } else {
      confirmsOn.execute(() -> publication.done(Outcome.CONFIRMED));
    }
  }

  /** Returns all events published so far, in order. */
  public List<Event> published() {
    return published;
  }

  /** Returns the publications without an outcome. */
  public List<Publication> unconfirmed() {
    return unconfirmed;
  }

  /** Gives this outcome to all publications without one. */
  public void endAll(Outcome outcome) {
    List<Publication> all = List.copyOf(unconfirmed);
    unconfirmed.clear();
    all.forEach(each -> each.done(outcome));
  }

  /** Settles all deliveries that are settling, as if the fence had been answered. */
  public void settleAll() {
    List<Delivery> all = List.copyOf(settling);
    settling.clear();
    all.forEach(Delivery::onSettled);
  }

  /**
   * Loses the channel and all its deliveries. Returns a session whose deliveries come from another
   * channel.
   */
  public FakeUpstreamSession loseChannel() {
    open = false;
    settling.clear();
    return new FakeUpstreamSession();
  }

  public List<Delivery> acked() {
    return acked;
  }

  /** Returns the discarded deliveries and their reasons. */
  public Map<Delivery, DiscardReason> discarded() {
    return discarded;
  }

  public List<Delivery> rejected() {
    return rejected;
  }

  public List<Delivery> settling() {
    return settling;
  }

  public List<String> reopened() {
    return reopened;
  }

  @Override
  public void ack(Delivery delivery) {
    acked.add(delivery);
  }

  @Override
  public void discard(Delivery delivery, DiscardReason reason) {
    discarded.put(delivery, reason);
  }

  @Override
  public void reject(Delivery delivery) {
    rejected.add(delivery);
  }

  @Override
  public void settle(Delivery delivery) {
    settling.add(delivery);
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void start(SessionListener listener) {
    this.listener = listener;
  }

  @Override
  public void withdraw(Publication publication) {}

  @Override
  public SessionState state() {
    return new SessionState(true, open, false);
  }

  @Override
  public void reopenConsuming(String why) {
    reopened.add(why);
  }

  @Override
  public void consume(String queue, int prefetch) {
    throw new AssertionError("an agent consumes no shared queue");
  }

  @Override
  public void stopConsuming(Set<String> queues, Runnable then) {}

  @Override
  public boolean flush(Duration atMost) {
    return unconfirmed.isEmpty();
  }

  @Override
  public void close() {
    open = false;
  }
}
