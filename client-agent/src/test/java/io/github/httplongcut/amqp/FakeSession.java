package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.Delivery.Envelope;
import io.github.httplongcut.amqp.Delivery.Origin;
import io.github.httplongcut.protocol.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * A session without RabbitMQ: keeps what is published, and lets a test decide its outcome and
 * deliver events. In this package because only it makes deliveries.
 */
public final class FakeSession implements Session {

  private final Executor loop;
  private final List<Publication> published = new CopyOnWriteArrayList<>();
  private volatile Consumer<Publication> onPublish = publication -> {};
  private volatile SessionListener listener;
  private volatile SessionState state = new SessionState(true, true, false);
  private volatile boolean closed;

  public FakeSession(Executor loop) {
    this.loop = loop;
  }

  /** What happens with each publication from now on; called on the publisher's thread. */
  public void onPublish(Consumer<Publication> onPublish) {
    this.onPublish = onPublish;
  }

  public void state(SessionState state) {
    this.state = state;
  }

  public List<Publication> published() {
    return published;
  }

  public boolean isClosed() {
    return closed;
  }

  /** Says on the loop what became of a publication. */
  public void settle(Publication publication, Outcome outcome) {
    loop.execute(() -> publication.done(outcome));
  }

  /** Delivers events that a broker sent, on the loop. */
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
  public void withdraw(Publication publication) {}

  @Override
  public SessionState state() {
    return state;
  }

  @Override
  public void reopenConsuming(String why) {}

  @Override
  public void consume(String queue, int prefetch) {
    throw new AssertionError("an agent shares no queue");
  }

  @Override
  public void stopConsuming(Set<String> queues, Runnable then) {}

  @Override
  public boolean flush(Duration atMost) {
    return true;
  }

  @Override
  public void close() {
    closed = true;
  }

  /** A channel that remembers what was done with its deliveries, and settles when told to. */
  public static final class FakeSource implements Delivery.Source {

    private final List<String> done = new ArrayList<>();
    private Delivery settling;

    /** A delivery by this channel. */
    public Delivery delivery(Envelope envelope, Event... events) {
      return new Delivery(this, 1, envelope, events[0].type(), List.of(events));
    }

    /** {@code ack}, {@code settle} or {@code reject}, in order. */
    public List<String> done() {
      return done;
    }

    /** The fence came back. */
    public void fenceReturns() {
      settling.onSettled();
    }

    @Override
    public void ack(Delivery delivery) {
      done.add("ack");
    }

    @Override
    public void reject(Delivery delivery) {
      done.add("reject");
    }

    @Override
    public void settle(Delivery delivery) {
      done.add("settle");
      settling = delivery;
    }

    @Override
    public boolean isOpen() {
      return true;
    }
  }
}
