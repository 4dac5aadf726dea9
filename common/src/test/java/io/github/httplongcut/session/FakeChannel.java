package io.github.httplongcut.session;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.session.Delivery.Envelope;
import io.github.httplongcut.session.Delivery.Origin;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Fake consuming channel: creates deliveries, and records their acks, rejections and settlings. The
 * test calls its methods on the loop; any thread may read the lists.
 */
public final class FakeChannel implements Delivery.Source {

  private final List<Delivery> acked = new CopyOnWriteArrayList<>();
  private final Map<Delivery, DiscardReason> discarded =
      Collections.synchronizedMap(new LinkedHashMap<>());
  private final List<Delivery> rejected = new CopyOnWriteArrayList<>();
  private final List<Delivery> settling = new CopyOnWriteArrayList<>();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final AtomicLong tags = new AtomicLong();
  private volatile boolean open = true;

  /** Creates a delivery of this channel. */
  public Delivery deliver(Origin origin, String routingKey, String user, Event... events) {
    return deliver(new Envelope(origin, routingKey, user, false), events);
  }

  /** Creates a delivery of this channel, which came straight from its sender. */
  public Delivery deliver(String routingKey, String user, Event... events) {
    return deliver(Origin.SENT, routingKey, user, events);
  }

  /** Creates a delivery of this channel. */
  public Delivery deliver(Envelope envelope, Event... events) {
    return new Delivery(this, tags.incrementAndGet(), envelope, events[0].type(), List.of(events));
  }

  /** Returns {@code ack}, {@code settle}, {@code reject} or {@code discard <reason>}, in order. */
  public List<String> calls() {
    return calls;
  }

  /** Returns the deliveries that were acked, without the settled ones. */
  public List<Delivery> acked() {
    return acked;
  }

  /** Returns the discarded deliveries and their reasons, in order. */
  public Map<Delivery, DiscardReason> discarded() {
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

  /** Forgets all that it has recorded. */
  void forget() {
    acked.clear();
    discarded.clear();
    rejected.clear();
    settling.clear();
    calls.clear();
  }

  /** Closes the channel. */
  public void lose() {
    open = false;
    settling.clear();
  }

  @Override
  public void ack(Delivery delivery) {
    calls.add("ack");
    acked.add(delivery);
  }

  @Override
  public void discard(Delivery delivery, DiscardReason reason) {
    calls.add("discard " + reason);
    discarded.put(delivery, reason);
  }

  @Override
  public void reject(Delivery delivery) {
    calls.add("reject");
    rejected.add(delivery);
  }

  @Override
  public void settle(Delivery delivery) {
    calls.add("settle");
    settling.add(delivery);
  }

  @Override
  public boolean isOpen() {
    return open;
  }
}
