package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.Connection;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Member;
import io.github.httplongcut.session.Plan;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class NodeAffinityTest {

  private static final ProcessId ID = ProcessId.parse("plant.u1-abcdef");
  private static final List<AmqpConfig.Address> NODES =
      List.of(
          new AmqpConfig.Address("127.0.0.1", 1),
          new AmqpConfig.Address("127.0.0.1", 2),
          new AmqpConfig.Address("127.0.0.2", 1));

  private long now = 1_000_000_000_000L;
  private final NodeAffinity affinity =
      new NodeAffinity(
          NODES,
          new Member(
              "upstream-agent",
              ID,
              (id, generation) -> Plan.upstreamAgent(id, List.of("orders"), 10),
              Duration.ofSeconds(2)),
          () -> now);

  @Test
  void theFirstConnectionMayGoToAnyNode() throws IOException {
    assertThat(next()).containsExactlyInAnyOrder("127.0.0.1:1", "127.0.0.1:2", "127.0.0.2:1");
    assertThat(affinity.onConnected(connectionTo("127.0.0.1", 2))).isFalse();
    assertThat(affinity.plan().queues().get(0).name()).isEqualTo("upstream-agent." + ID);
  }

  @Test
  void forASecondOnlyTheNodeOfTheInboxIsTried() throws IOException {
    affinity.onConnected(connectionTo("127.0.0.1", 2));
    now += Duration.ofHours(1).toNanos();
    affinity.onDisconnected();

    now += NodeAffinity.OWN_NODE_ONLY.toNanos() - 1;
    assertThat(next()).containsExactly("127.0.0.1:2");

    now += 1;
    assertThat(next()).hasSize(3).first().isEqualTo("127.0.0.1:2");
  }

  @Test
  void theInboxStaysTheSameOnTheSameNode() throws IOException {
    affinity.onConnected(connectionTo("127.0.0.1", 2));
    affinity.onDisconnected();

    assertThat(affinity.onConnected(connectionTo("127.0.0.1", 2))).isFalse();
    assertThat(affinity.id()).isEqualTo(ID);
  }

  @Test
  void onAnotherNodeTheInboxIsReplaced() throws IOException {
    affinity.onConnected(connectionTo("127.0.0.1", 2));
    affinity.onDisconnected();
    now += NodeAffinity.OWN_NODE_ONLY.toNanos();

    assertThat(affinity.onConnected(connectionTo("127.0.0.2", 1))).isTrue();

    ProcessId second = affinity.id();
    assertThat(second).isNotEqualTo(ID);
    assertThat(second.toString()).startsWith("plant.u1-");
    assertThat(affinity.plan().queues().get(0).name()).isEqualTo("upstream-agent." + second);
    affinity.onDisconnected();
    assertThat(next()).containsExactly("127.0.0.2:1");
    assertThat(affinity.onConnected(connectionTo("127.0.0.2", 1))).isFalse();
    assertThat(affinity.id()).isEqualTo(second);
  }

  @Test
  void anInboxWhoseNodeIsDownIsReplacedOnAnyNode() throws IOException {
    affinity.onConnected(connectionTo("127.0.0.1", 2));

    affinity.onNodeDown();
    affinity.onDisconnected();

    ProcessId second = affinity.id();
    assertThat(second).isNotEqualTo(ID);
    assertThat(next()).hasSize(3);
    assertThat(affinity.onConnected(connectionTo("127.0.0.1", 1))).isFalse();
    assertThat(affinity.id()).isEqualTo(second);
  }

  @Test
  void aClientAgentsNewQueueHasTheSameBindings() throws IOException {
    ProcessId client = ProcessId.parse("acme.c-abcdef");
    NodeAffinity clients =
        new NodeAffinity(
            NODES,
            new Member(
                "client-agent",
                client,
                (id, generation) -> Plan.clientAgent(client, generation),
                Duration.ofSeconds(2)),
            () -> now);
    clients.onConnected(connectionTo("127.0.0.1", 1));
    Plan.ConsumedQueue first = clients.plan().queues().get(0);
    clients.onConnected(connectionTo("127.0.0.1", 2));
    Plan.ConsumedQueue second = clients.plan().queues().get(0);

    assertThat(first.name()).isEqualTo("client-agent.acme.c-abcdef");
    assertThat(second.name()).isEqualTo("client-agent.acme.c-abcdef.1");
    assertThat(second.bindings()).isEqualTo(first.bindings());
  }

  private List<String> next() throws IOException {
    return affinity.getAddresses().stream().map(Address::toString).toList();
  }

  private static Connection connectionTo(String ip, int port) throws IOException {
    InetAddress address = InetAddress.getByName(ip);
    return (Connection)
        Proxy.newProxyInstance(
            NodeAffinityTest.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "getAddress" -> address;
                  case "getPort" -> port;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }
}
