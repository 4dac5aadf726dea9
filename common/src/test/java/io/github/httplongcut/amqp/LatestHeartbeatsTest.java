package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.github.httplongcut.amqp.LatestHeartbeats.AddResult;
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

  private static final long TURN_INTERVAL = LatestHeartbeats.TURN_INTERVAL.toNanos();

  /** A time just before {@code nanoTime} overflows, which must make no difference. */
  private static final long T0 = Long.MAX_VALUE - TURN_INTERVAL / 2;

  private final LatestHeartbeats latest = new LatestHeartbeats(T0);

  @Test
  void aNewerHeartbeatOfAnAgentReplacesTheOlderOne() {
    assertThat(add("plant", "orders.plant.a-aaaaaa", "1")).isEqualTo(AddResult.FIRST);
    assertThat(add("plant", "orders.plant.b-aaaaaa", "2")).isEqualTo(AddResult.FIRST);
    assertThat(add("plant", "billing.plant.a-aaaaaa", "3")).isEqualTo(AddResult.FIRST);
    assertThat(add("plant", "orders.plant.a-aaaaaa", "4")).isEqualTo(AddResult.REPLACED);

    assertThat(all()).containsExactly("4", "2", "3");
  }

  @Test
  void aHeartbeatReplacesNoneOfAnotherUser() {
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

  /** One short heartbeat must not wait for each long one. */
  @Test
  void usersTakeTurnsByBytes() {
    for (int i = 0; i < 60; i++) {
      add("plant", "orders.plant.x" + i, "p".repeat(60_000));
      add("works", "orders.works.x" + i, "w");
    }

    assertThat(all().subList(0, 62)).filteredOn("w"::equals).hasSize(60);
  }

  /** A user whose heartbeats are decoded at once must not lose its count of bytes. */
  @Test
  void aUserThatComesBackGetsNoAdvantage() {
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
  void aSilentUserEarnsNoCredit() {
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
  void theWaitingBytesOfAUserAreLimited() {
    String long60 = "x".repeat(60_000);
    int many = 0;
    while (add("plant", "orders.plant.x" + many, long60) == AddResult.FIRST) {
      many++;
    }

    assertThat(many * 60_000L).isBetween(4_000_000L, (long) LatestHeartbeats.MAX_BYTES_PER_USER);
    assertThat(add("plant", "orders.plant.x" + many, long60)).isEqualTo(AddResult.REFUSED);
    assertThat(add("plant", "orders.plant.x0", long60)).isEqualTo(AddResult.REPLACED);
    assertThat(add("works", "orders.works.x", "w")).isEqualTo(AddResult.FIRST);

    next();
    next();

    assertThat(add("plant", "orders.plant.x" + many, long60)).isEqualTo(AddResult.FIRST);
  }

  @Test
  void aTurnIsClaimedOnceAndTheNextOneComesAfterAnInterval() {
    assertThat(latest.nanosToTurn(T0)).as("nothing waits").isEqualTo(Long.MAX_VALUE);
    assertThat(latest.claimTurn(T0)).isFalse();

    add("plant", "orders.plant.a", "1");

    assertThat(latest.nanosToTurn(T0)).isZero();
    assertThat(latest.claimTurn(T0)).isTrue();
    assertThat(latest.claimTurn(T0)).as("claimed already").isFalse();
    assertThat(latest.nanosToTurn(T0)).as("the turn may leave heartbeats").isEqualTo(TURN_INTERVAL);

    add("plant", "orders.plant.b", "2");
    next();
    latest.endTurn(T0 + 1);

    assertThat(latest.nanosToTurn(T0 + 1)).as("one is left").isEqualTo(TURN_INTERVAL);
    assertThat(latest.claimTurn(T0 + TURN_INTERVAL)).isFalse();
    assertThat(latest.claimTurn(T0 + TURN_INTERVAL + 1)).isTrue();
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
  void aHeartbeatForAnotherUserIsRefused(String routingKey, String user) {
    assertThatThrownBy(() -> Heartbeat.of("q", routingKey, properties(user), new byte[0]))
        .isInstanceOf(MalformedEventException.class)
        .hasMessage("the routing key of this heartbeat does not name its user");
  }

  @Test
  void aDeadLetterIsRefused() {
    BasicProperties dead =
        properties("plant").builder().headers(Map.of("x-death", List.of())).build();

    assertThatThrownBy(() -> Heartbeat.of("q", "orders.plant.a-aaaaaa", dead, new byte[0]))
        .isInstanceOf(MalformedEventException.class)
        .hasMessage("this heartbeat is a dead letter");
  }

  @Test
  void aTooLongHeartbeatIsRefused() throws MalformedEventException {
    BasicProperties properties = properties("plant");
    String key = "orders.plant.a-aaaaaa";
    Heartbeat.of("q", key, properties, new byte[LatestHeartbeats.MAX_MESSAGE_BYTES]);

    assertThatThrownBy(
            () ->
                Heartbeat.of(
                    "q", key, properties, new byte[LatestHeartbeats.MAX_MESSAGE_BYTES + 1]))
        .isInstanceOf(MalformedEventException.class)
        .hasMessage("this heartbeat is too long: 65537 bytes");
  }

  /** Senders may send large headers, which are not counted in the waiting bytes. */
  @Test
  void headersAreNotKept() throws MalformedEventException {
    BasicProperties large =
        properties("plant").builder().headers(Map.of("x", "y".repeat(100_000))).build();

    Heartbeat heartbeat = Heartbeat.of("q", "orders.plant.a-aaaaaa", large, new byte[0]);

    assertThat(heartbeat.properties.getHeaders()).isNull();
    assertThat(heartbeat.properties.getUserId()).isEqualTo("plant");
    assertThat(heartbeat.properties.getType()).isEqualTo("upstream_heartbeat");
  }

  private AddResult add(String user, String routingKey, String text) {
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
