package io.github.httplongcut.session;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.session.Delivery.Envelope;
import io.github.httplongcut.session.Delivery.Origin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Session without RabbitMQ. Records publications, and lets a test decide their outcomes and deliver
 * events. In this package because the constructor of {@link Delivery} is package-private.
 */
public final class FakeClientSession implements Session {

  private final Executor loop;
  private final List<Publication> published = new CopyOnWriteArrayList<>();
  private final List<Publication> withdrawn = new CopyOnWriteArrayList<>();
  private volatile Consumer<Publication> onPublish = publication -> {};
  private volatile SessionListener listener;
  private volatile SessionState state = new SessionState(true, true, false);

  public FakeClientSession(Executor loop) {
    this.loop = loop;
  }

  /** Sets the action for each further publication; it runs on the publisher's thread. */
  public void onPublish(Consumer<Publication> onPublish) {
    this.onPublish = onPublish;
  }

  public void state(SessionState state) {
    this.state = state;
  }

  public List<Publication> published() {
    return published;
  }

  public List<Publication> withdrawn() {
    return withdrawn;
  }

  /** Reports the outcome of a publication, on the loop. */
  public void complete(Publication publication, Outcome outcome) {
    loop.execute(() -> publication.done(outcome));
  }

  /** Delivers events of a broker, on the loop. */
  public void deliver(Event... events) {
    Envelope envelope = new Envelope(Origin.SENT, "key", "broker", false);
    loop.execute(() -> listener.onDelivery(new FakeSource().delivery(envelope, events)));
  }

  @Override
  public void start(SessionListener listener) {
    this.listener = listener;
  }

  @Override
  public void publishOnlyWhileConsuming() {}

  @Override
  public void publish(Publication publication) {
    published.add(publication);
    onPublish.accept(publication);
  }

  @Override
  public void withdraw(Publication publication) {
    withdrawn.add(publication);
  }

  @Override
  public SessionState state() {
    return state;
  }

  @Override
  public void reopenConsuming(String why) {}

  @Override
  public void consume(String queue, int prefetch) {
    throw new AssertionError("an agent consumes no shared queue");
  }

  @Override
  public void stopConsuming(Set<String> queues, Runnable then) {}

  @Override
  public boolean flush(Duration atMost) {
    return true;
  }

  @Override
  public void close() {}

  /** Channel that records its deliveries' acks, settles and rejects, and settles when told to. */
  public static final class FakeSource implements Delivery.Source {

    private final List<String> calls = new ArrayList<>();
    private Delivery settling;

    /** Returns a delivery of this channel. */
    public Delivery delivery(Envelope envelope, Event... events) {
      return new Delivery(this, 1, envelope, events[0].type(), List.of(events));
    }

    /**
     * Returns {@code ack}, {@code settle}, {@code reject} or {@code discard} and the reason, in
     * order.
     */
    public List<String> calls() {
      return calls;
    }

    /** Completes the fence of the delivery that is being settled. */
    public void completeFence() {
      settling.onSettled();
    }

    @Override
    public void ack(Delivery delivery) {
      calls.add("ack");
    }

    @Override
    public void discard(Delivery delivery, DiscardReason reason) {
      calls.add("discard " + reason);
    }

    @Override
    public void reject(Delivery delivery) {
      calls.add("reject");
    }

    @Override
    public void settle(Delivery delivery) {
      calls.add("settle");
      settling = delivery;
    }

    @Override
    public boolean isOpen() {
      return true;
    }
  }
}
