package io.github.httplongcut.bench;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.MalformedEventException;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.Plan.Binding;
import io.github.httplongcut.session.Plan.ConsumedQueue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Simulates many upstream agents in one process. Each agent has its own inbox, sends heartbeats,
 * and answers requests immediately, without an upstream server. Prints "ready" once all inboxes are
 * consumed and the first heartbeats are published. Runs until it is killed.
 */
public final class Fleet {

  private static final String USER = "upstream-agent";
  private static final int CAPACITY = 100;
  private static final long INTERVAL_MILLIS = 2_000;

  private final Channel publishing;
  private final Channel consuming;
  private final List<SimulatedAgent> agents = new ArrayList<>();

  private record SimulatedAgent(ProcessId id, String target) {}

  private Fleet(Channel publishing, Channel consuming) {
    this.publishing = publishing;
    this.consuming = consuming;
  }

  /**
   * Runs the simulation.
   *
   * @param arguments AMQP URI, number of agents, number of targets (named t0, t1, ...)
   */
  public static void main(String[] arguments) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(arguments[0]);
    factory.setAutomaticRecoveryEnabled(false);
    factory.setSharedExecutor(Executors.newSingleThreadExecutor());
    Connection publish = factory.newConnection("fleet publish");
    Connection consume = factory.newConnection("fleet consume");
    Fleet fleet = new Fleet(publish.createChannel(), consume.createChannel());
    fleet.publishing.confirmSelect();
    fleet.start(Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
    System.out.println("ready");
  }

  private void start(int count, int targets) throws IOException {
    for (int i = 0; i < count; i++) {
      SimulatedAgent agent = new SimulatedAgent(ProcessId.create(USER, "fleet"), "t" + i % targets);
      agents.add(agent);
      ConsumedQueue queue =
          Plan.upstreamAgent(agent.id, List.of(agent.target), CAPACITY).queues().get(0);
      consuming.queueDeclare(queue.name(), true, false, false, Map.of("x-queue-type", "classic"));
      for (Binding binding : queue.bindings()) {
        consuming.queueBind(
            queue.name(), binding.exchange(), binding.routingKey(), binding.arguments());
      }
      consuming.basicQos(queue.prefetch());
      consuming.basicConsume(queue.name(), false, new InboxConsumer(agent));
    }
    for (SimulatedAgent agent : agents) {
      heartbeat(agent);
    }
    // The heartbeats are spread evenly over the interval, as those of independent processes are.
    long pause = TimeUnit.MILLISECONDS.toMicros(INTERVAL_MILLIS) / count;
    var unused =
        Executors.newSingleThreadScheduledExecutor()
            .scheduleAtFixedRate(new HeartbeatTask(), pause, pause, TimeUnit.MICROSECONDS);
  }

  private void heartbeat(SimulatedAgent agent) throws IOException {
    publish(
        List.of(
            new Event.UpstreamHeartbeat(
                agent.id, agent.target, AgentState.READY, CAPACITY, 0, INTERVAL_MILLIS, "fleet")),
        Topology.targetKey(agent.target, agent.id));
  }

  private void publish(List<Event> events, String routingKey) throws IOException {
    EventType type = events.get(0).type();
    BasicProperties properties =
        new BasicProperties.Builder()
            .contentType("application/json")
            .type(type.wireName())
            .appId("http-longcut")
            .userId(USER)
            .deliveryMode(1)
            .build();
    byte[] body = EventCodec.join(events.stream().map(EventCodec::encode).toList());
    synchronized (publishing) {
      publishing.basicPublish(type.wireName(), routingKey, true, properties, body);
    }
  }

  /** Publishes the heartbeat of one agent per run, of all agents in turn. */
  private final class HeartbeatTask implements Runnable {
    private int next;

    @Override
    public void run() {
      try {
        heartbeat(agents.get(next));
        next = (next + 1) % agents.size();
      } catch (IOException e) {
        throw new BenchException("the simulated agents lost the connection to RabbitMQ", e);
      }
    }
  }

  private final class InboxConsumer extends DefaultConsumer {
    private final SimulatedAgent agent;

    InboxConsumer(SimulatedAgent agent) {
      super(consuming);
      this.agent = agent;
    }

    @Override
    public void handleDelivery(
        String consumerTag, Envelope envelope, BasicProperties properties, byte[] body)
        throws IOException {
      if (EventType.BROKER_REQUEST.wireName().equals(properties.getType())) {
        answer(body);
      } else if (EventType.BROKER_HELLO.wireName().equals(properties.getType())) {
        heartbeat(agent);
      }
      consuming.basicAck(envelope.getDeliveryTag(), false);
    }

    private void answer(byte[] body) throws IOException {
      List<Event> acks = new ArrayList<>();
      List<Event> responses = new ArrayList<>();
      String broker = "";
      try {
        for (Event event : EventCodec.decode(EventType.BROKER_REQUEST, body)) {
          BrokerRequest request = (BrokerRequest) event;
          UUID upstreamReqId = UUID.randomUUID();
          broker = request.brokerId().toString();
          acks.add(new Event.BrokerRequestAck(request.brokerReqId(), upstreamReqId, agent.id));
          responses.add(
              new Event.UpstreamResponse(
                  request.clientId(),
                  request.clientReqId(),
                  request.brokerReqId(),
                  upstreamReqId,
                  new Response(200, Headers.EMPTY, Body.of(NginxServer.smallBody()))));
        }
      } catch (MalformedEventException e) {
        throw new BenchException("cannot decode a broker_request", e);
      }
      publish(acks, broker);
      publish(responses, broker);
    }
  }
}
