package io.github.httplongcut.system.tenants;

import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.protocol.Topology;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** Attacks that use as much as possible of shared resources. */
final class ResourceExhaustion {

  private static final Duration UNTIL_BUSY = Duration.ofSeconds(10);

  private final TenantTestbed testbed;
  private final Tenant acme;
  private final Tenant plant;

  ResourceExhaustion(TenantTestbed testbed) {
    this.testbed = testbed;
    this.acme = testbed.acme();
    this.plant = testbed.plant();
  }

  private String own() {
    return Topology.targetKey(Tenant.TARGET, acme.id());
  }

  /** Sends more requests for acme's own target than the brokers may hold. No agent answers them. */
  void unansweredRequests() {
    acme.run(
        channel -> {
          for (int i = 0; i < 5_000; i++) {
            Event request = TenantEvents.request(acme.id(), Tenant.TARGET, "POST", "own/" + i);
            acme.publish(channel, "client_request", own(), request, Map.of());
          }
        });
  }

  /** Sends large requests for a target without an agent. */
  void largeRequests(int number, int bytes) {
    acme.run(
        channel -> {
          for (int i = 0; i < number; i++) {
            acme.publish(channel, "client_request", own(), large(bytes), Map.of());
          }
        });
  }

  private ClientRequest large(int bytes) {
    Request request =
        new Request(Tenant.TARGET, "POST", "/own", Headers.EMPTY, Body.ofText("x".repeat(bytes)));
    return new ClientRequest(acme.id(), UUID.randomUUID(), 20_000, request);
  }

  /**
   * Keeps acme's inbox busy: all its messages expire at the same time, and each dead letter is
   * routed to many queues. Meanwhile brokers wait for the confirms of their publications to this
   * inbox.
   *
   * <p>Returns when the messages expire.
   *
   * @param type the queue type of the inbox
   */
  void busyInbox(String type, int messages, int copies) {
    String fan = acme.exchange("fanout", Map.of());
    for (int i = 0; i < copies; i++) {
      String queue = acme.queue(Map.of("x-max-length", 1));
      acme.run(channel -> channel.queueBind(queue, fan, ""));
    }
    Map<String, Object> arguments = new HashMap<>();
    arguments.put("x-queue-type", type);
    arguments.put("x-message-ttl", UNTIL_BUSY.toMillis());
    arguments.put("x-dead-letter-exchange", fan);
    String inbox = testbed.acmesInbox(arguments);
    String feedExchange = acme.exchangeFor(inbox);
    BasicProperties properties = new BasicProperties.Builder().build();
    Instant begun = Instant.now();
    acme.run(
        channel -> {
          for (int i = 0; i < messages; i++) {
            channel.basicPublish(feedExchange, "", properties, new byte[0]);
          }
        });
    await()
        .atMost(UNTIL_BUSY.multipliedBy(2))
        .until(() -> Instant.now().isAfter(begun.plus(UNTIL_BUSY)));
  }

  /** Sends forged responses of plant for a foreign client agent, which brokers pass on. */
  void answersFor(ProcessId foreignClientAgent, int number, int bytes) {
    plant.run(
        channel -> {
          for (int i = 0; i < number; i++) {
            answerFor(channel, foreignClientAgent, bytes);
          }
        });
  }

  private void answerFor(Channel channel, ProcessId client, int bytes) throws IOException {
    UpstreamResponse answer =
        new UpstreamResponse(
            client,
            UUID.randomUUID(),
            UUID.randomUUID(),
            UUID.randomUUID(),
            new Response(200, Headers.EMPTY, Body.ofText("x".repeat(bytes))));
    plant.publish(channel, "upstream_response", "broker.nobody-aaaaaa", answer, Map.of());
  }
}
