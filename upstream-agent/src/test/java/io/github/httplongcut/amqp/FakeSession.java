package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.Event;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;

/**
 * A session without RabbitMQ: keeps what is published until a test says what became of it, and
 * makes deliveries whose fate it keeps. It stands in this package since only the package makes
 * deliveries. Its methods belong to one thread, what it has kept may be read by another.
 */
public final class FakeSession implements Session, Delivery.Source {

  private final List<Publication> unconfirmed = new CopyOnWriteArrayList<>();
  private final List<Event> published = new CopyOnWriteArrayList<>();
  private final List<Delivery> acked = new CopyOnWriteArrayList<>();
  private final List<Delivery> rejected = new CopyOnWriteArrayList<>();
  private final List<Delivery> settling = new CopyOnWriteArrayList<>();
  private final List<String> reopened = new CopyOnWriteArrayList<>();
  private volatile SessionListener listener;
  private Executor confirmsOn;
  private boolean open = true;

  /** From now on each publication is confirmed at once, on that loop. */
  public void confirmOn(Executor loop) {
    confirmsOn = loop;
  }

  /** Who was given to {@link #start}. */
  public SessionListener listener() {
    return listener;
  }

  /** A message from a broker. */
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
    throw new AssertionError("an upstream agent answers others");
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

  /** Everything published so far, in order. */
  public List<Event> published() {
    return published;
  }

  /** What has no outcome yet. */
  public List<Publication> unconfirmed() {
    return unconfirmed;
  }

  /** Gives all that is published so far this outcome. */
  public void endAll(Outcome outcome) {
    List<Publication> all = List.copyOf(unconfirmed);
    unconfirmed.clear();
    all.forEach(each -> each.done(outcome));
  }

  /** The fence comes back. */
  public void settleAll() {
    List<Delivery> all = List.copyOf(settling);
    settling.clear();
    all.forEach(Delivery::onSettled);
  }

  /** The channel is gone, and with it all deliveries so far; what is made next comes by another. */
  public FakeSession loseChannel() {
    open = false;
    settling.clear();
    return new FakeSession();
  }

  public List<Delivery> acked() {
    return acked;
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
    throw new AssertionError("an agent shares no queue");
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
