package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.Delivery.Envelope;
import io.github.httplongcut.amqp.Delivery.Origin;
import io.github.httplongcut.protocol.Event;
import java.util.ArrayList;
import java.util.List;

/** A consuming channel that does nothing by itself: makes deliveries, remembers what they say. */
public final class FakeChannel implements Delivery.Source {

  private final List<Delivery> acked = new ArrayList<>();
  private final List<Delivery> settling = new ArrayList<>();
  private long tags;
  private final List<Delivery> rejected = new ArrayList<>();
  private boolean open = true;

  /** A message that arrives by this channel. */
  public Delivery deliver(Origin origin, String routingKey, String user, Event... events) {
    return new Delivery(
        this,
        ++tags,
        new Envelope(origin, routingKey, user, false),
        events[0].type(),
        List.of(events));
  }

  /** Deliveries that were acked, settled ones not among them. */
  public List<Delivery> acked() {
    return acked;
  }

  /** Deliveries that were given back. */
  public List<Delivery> rejected() {
    return rejected;
  }

  /** Deliveries whose fence is outstanding. */
  public List<Delivery> settling() {
    return settling;
  }

  /** RabbitMQ answers the fence. */
  public void answerFence() {
    List<Delivery> settled = List.copyOf(settling);
    settling.clear();
    settled.forEach(Delivery::onSettled);
  }

  /** The channel is gone. */
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
