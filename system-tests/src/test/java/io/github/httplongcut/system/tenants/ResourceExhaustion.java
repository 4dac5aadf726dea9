package io.github.httplongcut.system.tenants;

import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** Tenants that take as much as they can of what all share. */
final class Hogs {

  private static final Duration UNTIL_BUSY = Duration.ofSeconds(10);

  private final TenantScene scene;
  private final Tenant acme;
  private final Tenant plant;

  Hogs(TenantScene scene) {
    this.scene = scene;
    this.acme = scene.acme();
    this.plant = scene.plant();
  }

  private String own() {
    return Topology.targetKey(Tenant.TARGET, acme.id());
  }

  /** More requests than the brokers may hold, which plant takes and never answers. */
  void unansweredRequests() {
    acme.does(
        channel -> {
          for (int i = 0; i < 5_000; i++) {
            Event request = Events.request(acme.id(), Tenant.TARGET, "POST", "own/" + i);
            acme.publish(channel, "client_request", own(), request, Map.of());
          }
        });
  }

  /** Requests as large as may be, for which there is no agent. */
  void largeRequests(int number, int bytes) {
    acme.does(
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
   * Acme's inbox has much to do at once: all that is in it expires at the same time, and each dead
   * letter goes to many queues. Meanwhile brokers wait for it to take their answers.
   *
   * <p>Returns when that begins.
   *
   * @param type of the inbox, a queue type of RabbitMQ
   */
  void aBusyInbox(String type, int messages, int copies) {
    String fan = acme.exchange("fanout", Map.of());
    for (int i = 0; i < copies; i++) {
      String queue = acme.queue(Map.of("x-max-length", 1));
      acme.does(channel -> channel.queueBind(queue, fan, ""));
    }
    Map<String, Object> arguments = new HashMap<>();
    arguments.put("x-queue-type", type);
    arguments.put("x-message-ttl", UNTIL_BUSY.toMillis());
    arguments.put("x-dead-letter-exchange", fan);
    String inbox = scene.acmesInbox(arguments);
    String entrance = acme.exchangeFor(inbox);
    BasicProperties properties = new BasicProperties.Builder().build();
    Instant begun = Instant.now();
    acme.does(
        channel -> {
          for (int i = 0; i < messages; i++) {
            channel.basicPublish(entrance, "", properties, new byte[0]);
          }
        });
    await()
        .atMost(UNTIL_BUSY.multipliedBy(2))
        .until(() -> Instant.now().isAfter(begun.plus(UNTIL_BUSY)));
  }

  /** Answers of plant's own making for somebody else's client agent, which brokers pass on. */
  void answersFor(ProcessId foreignClientAgent, int number, int bytes) {
    plant.does(
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
