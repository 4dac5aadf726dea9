package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.github.httplongcut.amqp.LatestHeartbeats.Heartbeat;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Delivery;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeartbeatReaderTest {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<Integer> received = new ArrayList<>();
  private final List<Runnable> turns = new ArrayList<>();
  private boolean channelOpen = true;
  private boolean listenerFails;
  private final ConsumingMetrics metrics = new ConsumingMetrics(registry);
  private final HeartbeatReader reader =
      new HeartbeatReader(
          turns::add,
          this::onDelivery,
          () -> channelOpen,
          metrics,
          new DiscardedMessages(metrics, System::nanoTime));

  @Test
  void theFirstHeartbeatIsDecodedAtOnce() {
    reader.add(heartbeat("a", 1));

    assertThat(turns).hasSize(1);
    runTurns();
    assertThat(received).containsExactly(1);
  }

  @Test
  void onlyTheNewestHeartbeatBeforeATurnIsDecoded() {
    for (int i = 1; i <= 1_000; i++) {
      reader.add(heartbeat("a", i));
    }

    assertThat(turns).hasSize(1);
    runTurns();
    assertThat(received).containsExactly(1_000);
    assertThat(skipped("replaced")).isEqualTo(999);
  }

  @Test
  void aHeartbeatSoonAfterATurnIsDecodedLater() {
    reader.add(heartbeat("a", 1));
    runTurns();
    reader.add(heartbeat("a", 2));
    assertThat(reader.nanosToTurn(System.nanoTime()))
        .isBetween(0L, LatestHeartbeats.TURN_INTERVAL.toNanos());

    await().until(this::hasTurn);

    runTurns();
    assertThat(received).containsExactly(1, 2);
  }

  @Test
  void aMalformedHeartbeatDoesNotAffectOthers() {
    reader.add(message("[]"));
    reader.add(heartbeat("b", 2));

    await()
        .untilAsserted(
            () -> {
              reader.scheduleTurnIfDue(); // on a busy machine one turn may end after the first
              runTurns();
              assertThat(received).containsExactly(2);
            });
    assertThat(registry.counter("longcut.amqp.messages.discarded", "reason", "unreadable").count())
        .isEqualTo(1);
  }

  @Test
  void heartbeatsOfALostChannelAreDropped() {
    reader.add(heartbeat("a", 1));
    channelOpen = false;

    runTurns();

    assertThat(received).isEmpty();
  }

  @Test
  void turnsGoOnAfterAnExceptionInTheListener() {
    listenerFails = true;
    reader.add(heartbeat("a", 1));
    reader.add(heartbeat("b", 2));
    try {
      runTurns();
    } catch (IllegalStateException e) {
      listenerFails = false; // the loop logs it
    }
    assertThat(listenerFails).isFalse();

    await().until(this::hasTurn);

    runTurns();
    assertThat(received).containsExactly(2);
  }

  private void onDelivery(Delivery delivery) {
    if (listenerFails) {
      throw new IllegalStateException("for this test");
    }
    received.add(((UpstreamHeartbeat) delivery.events().get(0)).capacity());
    delivery.done();
  }

  /** Schedules a turn if one is due, as the link's thread does. */
  private boolean hasTurn() {
    reader.scheduleTurnIfDue();
    return !turns.isEmpty();
  }

  private void runTurns() {
    List<Runnable> called = List.copyOf(turns);
    turns.clear();
    called.forEach(Runnable::run);
  }

  private double skipped(String why) {
    return registry.get("longcut.amqp.heartbeats.skipped").tag("why", why).counter().count();
  }

  private static Heartbeat heartbeat(String name, int number) {
    ProcessId id = new ProcessId("plant", name + "-aaaaaa");
    return message(
        "orders." + id,
        EventCodec.encode(
            new UpstreamHeartbeat(id, "orders", AgentState.READY, number, 0, 2_000, "1")));
  }

  private static Heartbeat message(String body) {
    return message("orders.plant.x-aaaaaa", body.getBytes(StandardCharsets.UTF_8));
  }

  private static Heartbeat message(String routingKey, byte[] body) {
    BasicProperties properties =
        new BasicProperties.Builder().type("upstream_heartbeat").userId("plant").build();
    return new Heartbeat("heartbeats.test", routingKey, properties, body);
  }
}
