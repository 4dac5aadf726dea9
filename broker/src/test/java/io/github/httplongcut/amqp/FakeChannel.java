package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.Delivery.Envelope;
import io.github.httplongcut.amqp.Delivery.Origin;
import io.github.httplongcut.protocol.Event;
import java.util.ArrayList;
import java.util.List;

/** Fake consuming channel: creates deliveries, and records their acks, rejections and settlings. */
public final class FakeChannel implements Delivery.Source {

  private final List<Delivery> acked = new ArrayList<>();
  private final List<Delivery> discarded = new ArrayList<>();
  private final List<Delivery> settling = new ArrayList<>();
  private long tags;
  private final List<Delivery> rejected = new ArrayList<>();
  private boolean open = true;

  /** Creates a delivery of this channel. */
  public Delivery deliver(Origin origin, String routingKey, String user, Event... events) {
    return new Delivery(
        this,
        ++tags,
        new Envelope(origin, routingKey, user, false),
        events[0].type(),
        List.of(events));
  }

  /** Returns the deliveries that were acked, without the settled ones. */
  public List<Delivery> acked() {
    return acked;
  }

  /** Returns the deliveries that were discarded. */
  public List<Delivery> discarded() {
    return discarded;
  }

  /** Returns the deliveries that were rejected. */
  public List<Delivery> rejected() {
    return rejected;
  }

  /** Returns the deliveries that wait for {@link #answerFence} to settle them. */
  public List<Delivery> settling() {
    return settling;
  }

  /** Answers the fence as RabbitMQ does: settles all deliveries that wait for it. */
  public void answerFence() {
    List<Delivery> settled = List.copyOf(settling);
    settling.clear();
    settled.forEach(Delivery::onSettled);
  }

  /** Closes the channel. */
  public void lose() {
    open = false;
  }

  /** Gives a publication its outcome. */
  public static void done(Publication publication, Outcome outcome) {
    publication.done(outcome);
  }

  @Override
  public void ack(Delivery delivery) {
    acked.add(delivery);
  }

  @Override
  public void discard(Delivery delivery, DiscardReason reason) {
    discarded.add(delivery);
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
}
