package io.github.httplongcut.system.relay;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.ProcessId;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.CompletableFuture;

/**
 * A RabbitMQ user that publishes heartbeats for its target at the maximum rate of one connection.
 * The flood ends after {@link #TIME} or {@link #MESSAGES}.
 */
final class HeartbeatFlood implements AutoCloseable {

  static final Duration TIME = Duration.ofSeconds(10);
  static final int MESSAGES = 400_000;

  /**
   * The longest interval that an agent can announce, so that brokers miss no heartbeat during a
   * test.
   */
  private static final Duration INTERVAL = Duration.ofSeconds(60);

  /** The messages of the flood. */
  enum Kind {
    ONE_AGENT(1, 1),
    NEW_AGENTS(MESSAGES, 1),
    /** 256 events in each message: just below a broker's limit of 64 KiB. */
    LONG_MESSAGES(1, 256),
    /** Messages that a broker discards without decoding. */
    TOO_LONG_MESSAGES(1, 600);

    private final int agents;
    private final int events;

    Kind(int agents, int events) {
      this.agents = agents;
      this.events = events;
    }
  }

  private final Connection connection;
  private final String user;
  private final String target;
  private final CompletableFuture<Integer> sent;
  private volatile boolean closed;

  /** Starts the flood, which closes the connection at its end. */
  HeartbeatFlood(Connection connection, String user, String target, Kind kind) {
    this.connection = connection;
    this.user = user;
    this.target = target;
    this.sent = CompletableFuture.supplyAsync(() -> run(kind));
  }

  /** Waits for the end of the flood and returns the number of messages sent. */
  int sent() {
    return sent.join();
  }

  boolean isOver() {
    return sent.isDone();
  }

  private int run(Kind kind) {
    long end = System.nanoTime() + TIME.toNanos();
    BasicProperties properties =
        new BasicProperties.Builder().type("upstream_heartbeat").userId(user).build();
    int count = 0;
    try (connection) {
      Channel channel = connection.createChannel();
      byte[] body = body(id(0), kind);
      while (count < MESSAGES && !closed && System.nanoTime() - end < 0) {
        ProcessId id = id(count % kind.agents);
        if (kind.agents > 1) {
          body = body(id, kind);
        }
        channel.basicPublish("upstream_heartbeat", target + "." + id, properties, body);
        count++;
      }
    } catch (IOException e) {
      throw new IllegalStateException("the flood failed after " + count + " messages", e);
    }
    return count;
  }

  private byte[] body(ProcessId id, Kind kind) {
    UpstreamHeartbeat heartbeat =
        new UpstreamHeartbeat(id, target, AgentState.READY, 100, 0, INTERVAL.toMillis(), "flood");
    return EventCodec.join(Collections.nCopies(kind.events, EventCodec.encode(heartbeat)));
  }

  private ProcessId id(int number) {
    return new ProcessId(user, "x" + number + "-aaaaaa");
  }

  @Override
  public void close() {
    closed = true;
    sent.join();
  }
}
