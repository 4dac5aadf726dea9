package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.github.httplongcut.amqp.LatestHeartbeats.Added;
import io.github.httplongcut.amqp.LatestHeartbeats.Heartbeat;
import io.github.httplongcut.protocol.MalformedEventException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LatestHeartbeatsTest {

  private static final long PAUSE = LatestHeartbeats.PAUSE.toNanos();

  /** Close to where {@code nanoTime} overflows, which must make no difference. */
  private static final long T0 = Long.MAX_VALUE - PAUSE / 2;

  private final LatestHeartbeats latest = new LatestHeartbeats(T0);

  @Test
  void theNewestOfOneAgentReplacesTheOlder() {
    assertThat(add("plant", "orders.plant.a-aaaaaa", "1")).isEqualTo(Added.FIRST);
    assertThat(add("plant", "orders.plant.b-aaaaaa", "2")).isEqualTo(Added.FIRST);
    assertThat(add("plant", "billing.plant.a-aaaaaa", "3")).isEqualTo(Added.FIRST);
    assertThat(add("plant", "orders.plant.a-aaaaaa", "4")).isEqualTo(Added.REPLACED);

    assertThat(all()).containsExactly("4", "2", "3");
  }

  @Test
  void noUsersHeartbeatReplacesAnothers() {
    latest.add(new Heartbeat("q", "orders.plant.a-aaaaaa", properties("evil"), bytes("evil's")));
    latest.add(new Heartbeat("q", "orders.plant.a-aaaaaa", properties("plant"), bytes("plant's")));
    latest.add(new Heartbeat("q", "orders.plant.a-aaaaaa", properties("evil"), bytes("evil's")));

    assertThat(all()).containsExactlyInAnyOrder("evil's", "plant's");
  }

  @Test
  void usersTakeTurns() {
    for (int i = 0; i < 1_000; i++) {
      add("plant", "orders.plant.x" + i, "p");
    }
    add("works", "orders.works.a", "w1");
    add("works", "orders.works.b", "w2");
    add("mill", "orders.mill.a", "m1");

    assertThat(all().subList(0, 6)).contains("w1", "w2", "m1");
  }

  /** The short ones must not wait for as many of the long ones. */
  @Test
  void turnsAreCountedInBytes() {
    for (int i = 0; i < 60; i++) {
      add("plant", "orders.plant.x" + i, "p".repeat(60_000));
      add("works", "orders.works.x" + i, "w");
    }

    assertThat(all().subList(0, 62)).filteredOn("w"::equals).hasSize(60);
  }

  /** One that is read at once comes back without what it has had already. */
  @Test
  void whoComesBackHasNoAdvantage() {
    for (int i = 0; i < 60; i++) {
      add("works", "orders.works.x" + i, "w");
    }
    List<String> read = new ArrayList<>();
    for (int i = 0; i < 62; i++) {
      add("plant", "orders.plant.x", "p".repeat(60_000));
      read.add(next().orElseThrow());
    }

    assertThat(read).filteredOn("w"::equals).hasSize(60);
  }

  @Test
  void whoWasSilentHasSavedUpNothing() {
    add("works", "orders.works.x", "w");
    next();
    for (int i = 0; i < 1_000; i++) {
      add("plant", "orders.plant.x" + i, "p");
      next();
    }
    for (int i = 0; i < 60; i++) {
      add("plant", "orders.plant.x" + i, "p");
      add("works", "orders.works.x" + i, "w");
    }

    assertThat(all().subList(0, 20)).filteredOn("p"::equals).hasSizeBetween(9, 11);
  }

  @Test
  void ofOneUserOnlySoMuchWaits() {
    String long60 = "x".repeat(60_000);
    int many = 0;
    while (add("plant", "orders.plant.x" + many, long60) == Added.FIRST) {
      many++;
    }

    assertThat(many * 60_000L).isBetween(4_000_000L, (long) LatestHeartbeats.BYTES_OF_USER);
    assertThat(add("plant", "orders.plant.x" + many, long60)).isEqualTo(Added.REFUSED);
    assertThat(add("plant", "orders.plant.x0", long60)).isEqualTo(Added.REPLACED);
    assertThat(add("works", "orders.works.x", "w")).isEqualTo(Added.FIRST);

    next();
    next();

    assertThat(add("plant", "orders.plant.x" + many, long60)).isEqualTo(Added.FIRST);
  }

  @Test
  void aTurnIsCalledOnceAndTheNextOneComesAfterAPause() {
    assertThat(latest.nanosToTurn(T0)).as("nothing waits").isEqualTo(Long.MAX_VALUE);
    assertThat(latest.callTurn(T0)).isFalse();

    add("plant", "orders.plant.a", "1");

    assertThat(latest.nanosToTurn(T0)).isZero();
    assertThat(latest.callTurn(T0)).isTrue();
    assertThat(latest.callTurn(T0)).as("called already").isFalse();
    assertThat(latest.nanosToTurn(T0)).as("it may leave something").isEqualTo(PAUSE);

    add("plant", "orders.plant.b", "2");
    next();
    latest.endTurn(T0 + 1);

    assertThat(latest.nanosToTurn(T0 + 1)).as("one is left").isEqualTo(PAUSE);
    assertThat(latest.callTurn(T0 + PAUSE)).isFalse();
    assertThat(latest.callTurn(T0 + PAUSE + 1)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "orders.plant.a-aaaaaa, evil",
    "orders.plant.a-aaaaaa, plan",
    "orders.plant.a-aaaaaa, orders",
    "plant, plant",
    "plant.a-aaaaaa, a-aaaaaa",
    "orders.plant.a-aaaaaa,",
  })
  void aHeartbeatInAnothersNameIsNone(String routingKey, String user) {
    assertThatThrownBy(() -> Heartbeat.of("q", routingKey, properties(user), new byte[0]))
        .isInstanceOf(MalformedEventException.class)
        .hasMessage("a heartbeat of another user");
  }

  @Test
  void aDeadLetterIsNoHeartbeat() {
    BasicProperties dead =
        properties("plant").builder().headers(Map.of("x-death", List.of())).build();

    assertThatThrownBy(() -> Heartbeat.of("q", "orders.plant.a-aaaaaa", dead, new byte[0]))
        .isInstanceOf(MalformedEventException.class)
        .hasMessage("a heartbeat that is a dead letter");
  }

  @Test
  void aLongMessageIsNoHeartbeat() throws MalformedEventException {
    BasicProperties properties = properties("plant");
    String key = "orders.plant.a-aaaaaa";
    Heartbeat.of("q", key, properties, new byte[LatestHeartbeats.MESSAGE_BYTES]);

    assertThatThrownBy(
            () -> Heartbeat.of("q", key, properties, new byte[LatestHeartbeats.MESSAGE_BYTES + 1]))
        .isInstanceOf(MalformedEventException.class)
        .hasMessage("a heartbeat of 65537 bytes");
  }

  /** A sender may fill them: what waits must be as small as it is counted. */
  @Test
  void headersAreNotKept() throws MalformedEventException {
    BasicProperties large =
        properties("plant").builder().headers(Map.of("x", "y".repeat(100_000))).build();

    Heartbeat heartbeat = Heartbeat.of("q", "orders.plant.a-aaaaaa", large, new byte[0]);

    assertThat(heartbeat.properties.getHeaders()).isNull();
    assertThat(heartbeat.properties.getUserId()).isEqualTo("plant");
    assertThat(heartbeat.properties.getType()).isEqualTo("upstream_heartbeat");
  }

  private Added add(String user, String routingKey, String text) {
    return latest.add(new Heartbeat("q", routingKey, properties(user), bytes(text)));
  }

  private Optional<String> next() {
    return latest.next().map(each -> new String(each.body, StandardCharsets.UTF_8));
  }

  private List<String> all() {
    List<String> all = new ArrayList<>();
    for (Optional<String> next = next(); next.isPresent(); next = next()) {
      all.add(next.get());
    }
    return all;
  }

  private static BasicProperties properties(String user) {
    return new BasicProperties.Builder().type("upstream_heartbeat").userId(user).build();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
