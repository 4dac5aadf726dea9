package io.github.httplongcut.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.ProcessId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeliveryTest {

  /** A channel that records its calls. */
  private static final class FakeSource implements Delivery.Source {
    private final List<String> calls = new ArrayList<>();
    private boolean open = true;

    @Override
    public void ack(Delivery delivery) {
      calls.add("ack " + delivery.tag());
    }

    @Override
    public void discard(Delivery delivery, DiscardReason reason) {
      calls.add("discard " + delivery.tag() + " " + reason);
    }

    @Override
    public void reject(Delivery delivery) {
      calls.add("reject " + delivery.tag());
    }

    @Override
    public void settle(Delivery delivery) {
      calls.add("settle " + delivery.tag());
    }

    @Override
    public boolean isOpen() {
      return open;
    }
  }

  private final FakeSource channel = new FakeSource();
  private final List<String> ran = new ArrayList<>();

  @Test
  void aBatchIsAckedWhenEachOfItsEventsIsDone() {
    Delivery delivery = delivery(2);

    delivery.done();
    assertThat(channel.calls).isEmpty();
    delivery.done();
    assertThat(channel.calls).containsExactly("ack 7");
  }

  @Test
  void discardAndAckEndTheWholeDeliveryOnce() {
    Delivery discarded = delivery(2);
    discarded.discard(DiscardReason.WRONG_SENDER);
    discarded.done();
    discarded.reject();
    assertThat(channel.calls).containsExactly("discard 7 WRONG_SENDER");

    channel.calls.clear();
    Delivery acked = delivery(2);
    acked.ack();
    acked.done();
    acked.discard(DiscardReason.WRONG_SENDER);
    assertThat(channel.calls).containsExactly("ack 7");
  }

  @Test
  void settlingForOneEventSettlesTheBatch() {
    Delivery delivery = delivery(2);

    delivery.settle(() -> ran.add("first"));
    delivery.settle(() -> ran.add("second"));
    assertThat(channel.calls).containsExactly("settle 7");
    assertThat(ran).isEmpty();
    delivery.onSettled();
    delivery.settle(() -> ran.add("third"));

    assertThat(ran).containsExactly("first", "second", "third");
    assertThat(channel.calls).containsExactly("settle 7");
  }

  @Test
  void anExceptionForOneEventDoesNotAffectTheOthers() {
    Delivery delivery = delivery(2);
    delivery.settle(
        () -> {
          throw new IllegalStateException("for this test");
        });
    delivery.settle(() -> ran.add("second"));

    delivery.onSettled();

    assertThat(ran).containsExactly("second");
  }

  @Test
  void aSettledDeliveryIsNotAckedAgain() {
    Delivery delivery = delivery(1);

    delivery.settle(() -> {});
    delivery.onSettled();
    delivery.done();

    assertThat(channel.calls).containsExactly("settle 7");
  }

  @Test
  void aClosedChannelLosesAllUnsettledDeliveries() {
    Delivery open = delivery(1);
    Delivery settling = delivery(1);
    Delivery settled = delivery(1);
    settling.settle(() -> ran.add("never"));
    settled.settle(() -> ran.add("settled"));
    settled.onSettled();

    channel.open = false;

    assertThat(open.isLost()).isTrue();
    assertThat(settling.isLost()).isTrue();
    assertThat(settled.isLost()).isFalse();
    assertThat(ran).containsExactly("settled");
  }

  @Test
  void aRejectedDeliveryIsNotAcked() {
    Delivery delivery = delivery(1);

    delivery.reject();
    delivery.done();

    assertThat(channel.calls).containsExactly("reject 7");
  }

  private Delivery delivery(int events) {
    Event event = new Event.BrokerHello(ProcessId.parse("b.one-abcdef"), "1");
    return new Delivery(
        channel,
        7,
        new Delivery.Envelope(Delivery.Origin.SENT, "", "b", false),
        EventType.BROKER_HELLO,
        Collections.nCopies(events, event));
  }
}
