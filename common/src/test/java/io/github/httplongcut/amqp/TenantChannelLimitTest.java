package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.PublishingConnection.NotOpened;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Channels that tenants share, since RabbitMQ or its client allows no more of them. */
class TenantChannelLimitTest {

  private static final int ONE_CHANNEL = 2; // besides the main channel

  private final PublisherFixture fixture = new PublisherFixture(false);

  @BeforeEach
  void connect() {
    fixture.connect();
  }

  @Test
  void channelMaxLimitsTheChannels() {
    fixture.reconnect(ONE_CHANNEL);
    fixture.publishTo("acme.one-abcdef", "acme");
    fixture.publishTo("plant.one-abcdef", "plant");

    assertThat(fixture.work()).containsExactly("open", "1:1 acme", "1:2 plant");
  }

  @Test
  void tenantsShareASingleChannel() {
    fixture.reconnect(1);
    fixture.publishTo("acme.one-abcdef", "acme");
    assertThat(fixture.work()).containsExactly("0:1 acme");

    fixture.confirm(0, 1);

    assertThat(fixture.outcomes()).containsExactly("acme CONFIRMED");
  }

  @Test
  void atTheClientsLimitTenantsShareTheLeastDelayedChannel() {
    fixture.publishTo("acme.one-abcdef", "acme");
    fixture.work();
    fixture.pass(BatchQueue.MAX_HOLD);
    fixture.publishTo("plant.one-abcdef", "plant");
    assertThat(fixture.work()).containsExactly("open", "2:1 plant");

    fixture.publishTo("more.one-abcdef", "more");
    assertThat(fixture.nextLinkWork()).isEqualTo("open");
    fixture.notOpened(NotOpened.CONNECTION_IS_FULL);
    assertThat(fixture.work()).containsExactly("2:2 more");
    assertThat(fixture.notes()).containsExactly("limited to 2");

    fixture.confirm(2, 1);
    fixture.publishTo("even.one-abcdef", "even");
    assertThat(fixture.work()).containsExactly("2:3 even");
  }

  @Test
  void aSlowChannelIsSharedLast() {
    fixture.reconnect(ONE_CHANNEL + 1);
    fixture.publishTo("acme.one-abcdef", "acme");
    fixture.publishTo("plant.one-abcdef", "plant");
    assertThat(fixture.work()).contains("1:1 acme", "2:1 plant");
    fixture.confirm(1, 1);
    fixture.readAll();
    fixture.pass(PublisherFixture.CONFIRM_TIMEOUT);
    fixture.check();
    fixture.publishTo("acme.two-abcdef", "again");
    assertThat(fixture.work()).contains("1:2 again");

    fixture.publishTo("plant.two-abcdef", "later");
    fixture.publishTo("more.one-abcdef", "more");

    assertThat(fixture.work()).contains("2:2 later", "1:3 more");
  }

  /** RabbitMQ may limit a user's channels. This must not close one connection after another. */
  @Test
  void aConnectionClosedForTooManyChannelsHalvesTheLimit() {
    fixture.publishTo("tenant0.one-abcdef", "t0");
    fixture.publishTo("tenant1.one-abcdef", "t1");
    fixture.work();
    fixture.publishTo("more.one-abcdef", "more");
    assertThat(fixture.nextLinkWork()).isEqualTo("open");
    fixture.notOpened(NotOpened.USER_IS_AT_LIMIT);
    assertThat(fixture.notes()).containsExactly("limited to 1");

    fixture.lose();
    fixture.connect();

    assertThat(fixture.work()).hasSize(4).contains("open");
    assertThat(fixture.tenantChannels()).isOne();
    assertThat(fixture.unconfirmed()).isEqualTo(3);
  }
}
