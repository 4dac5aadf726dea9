package io.github.httplongcut.bench;

import com.rabbitmq.client.CancelCallback;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DeliverCallback;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.testkit.RabbitMqNode;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Measures the latency of each hop of a request. Sends one request at a time, while a separate AMQP
 * consumer, the listener, records the time of the request's four events. A hop is the time between
 * two events: from RabbitMQ to a process, through the process, and back to RabbitMQ. The listener
 * adds latency itself, so the same requests are also measured without it.
 */
final class HopsPart {

  private static final int REQUESTS = 2_000;
  private static final long TIMEOUT_SECONDS = 5;
  private static final double NANOS_PER_MICRO = 1_000;

  /** The observed events of a request, in order. */
  private static final List<EventType> EVENTS =
      List.of(
          EventType.CLIENT_REQUEST,
          EventType.BROKER_REQUEST,
          EventType.UPSTREAM_RESPONSE,
          EventType.BROKER_RESPONSE);

  private static final List<String> HOPS =
      List.of(
          "caller, client agent",
          "RabbitMQ, broker",
          "RabbitMQ, upstream agent, nginx and back",
          "RabbitMQ, broker",
          "RabbitMQ, client agent, caller");

  /**
   * An event that the listener received.
   *
   * @param event name of the event's exchange
   * @param at {@code System.nanoTime()}
   */
  private record ObservedEvent(String event, long at) {}

  private final Bench bench;

  HopsPart(Bench bench) {
    this.bench = bench;
  }

  void run() {
    bench.say("one request at a time, hop by hop");
    try (NginxServer nginx = NginxServer.start(bench.logs());
        RabbitMqNode rabbit = bench.startRabbitMq("rabbitmq-hops");
        BenchRelay relay =
            BenchRelay.start(
                BenchRelay.Plan.of(bench.home(), "hops ", nginx.url()), rabbit, bench.logs())) {
      bench.warmUp(relay.url(), Wrk.Load.get(NginxServer.SMALL, 1));
      double direct = latency(nginx.port());
      double relayed = latency(relay.port());
      bench
          .report()
          .note(
              "one request, median: %.0f µs through the relay, %.0f µs with nginx alone"
                  .formatted(relayed, direct));
      double[] hops = hops(relay, rabbit);
      double sum = 0;
      for (int hop = 0; hop < hops.length; hop++) {
        bench.report().note("  %4.0f µs  %s".formatted(hops[hop], HOPS.get(hop)));
        sum += hops[hop];
      }
      bench.report().note("  %4.0f µs  total, with the listener".formatted(sum));
    } catch (IOException | TimeoutException e) {
      throw new BenchException("cannot measure the hops of a request", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }

  /** Returns the median latency of a request, in microseconds. */
  private static double latency(int port) throws IOException {
    double[] times = new double[REQUESTS];
    try (KeepAliveClient client = new KeepAliveClient(port)) {
      for (int i = 0; i < REQUESTS; i++) {
        long from = System.nanoTime();
        client.get();
        times[i] = (System.nanoTime() - from) / NANOS_PER_MICRO;
      }
    }
    return Median.of(times);
  }

  /** Returns the median latency of each hop, in microseconds. */
  private static double[] hops(BenchRelay relay, RabbitMqNode rabbit)
      throws IOException, TimeoutException, InterruptedException {
    double[][] times = new double[HOPS.size()][REQUESTS];
    BlockingQueue<ObservedEvent> observed = new LinkedBlockingQueue<>();
    try (Connection connection = listen(rabbit, observed);
        KeepAliveClient client = new KeepAliveClient(relay.port())) {
      for (int i = 0; i < REQUESTS; i++) {
        List<Long> points = new ArrayList<>();
        points.add(System.nanoTime());
        client.get();
        long answered = System.nanoTime();
        Map<String, Long> timesByEvent = await(observed);
        EVENTS.forEach(event -> points.add(timesByEvent.get(event.wireName())));
        points.add(answered);
        for (int hop = 0; hop < HOPS.size(); hop++) {
          times[hop][i] = (points.get(hop + 1) - points.get(hop)) / NANOS_PER_MICRO;
        }
      }
      if (!connection.isOpen()) {
        throw new BenchException("the listener lost its connection to RabbitMQ");
      }
    }
    double[] medians = new double[HOPS.size()];
    for (int hop = 0; hop < medians.length; hop++) {
      medians[hop] = Median.of(times[hop]);
    }
    return medians;
  }

  /**
   * Waits for a request's events and returns their times. The events may arrive in any order, since
   * each comes from another channel and RabbitMQ keeps the order within a channel only.
   */
  private static Map<String, Long> await(BlockingQueue<ObservedEvent> observed)
      throws InterruptedException {
    Map<String, Long> timesByEvent = new HashMap<>();
    while (timesByEvent.size() < EVENTS.size()) {
      ObservedEvent next = observed.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      if (next == null) {
        throw new BenchException(
            "the listener received only these events of a request: " + timesByEvent.keySet());
      }
      if (timesByEvent.put(next.event, next.at) != null) {
        throw new BenchException("the listener received two " + next.event + " for one request");
      }
    }
    return timesByEvent;
  }

  private static Connection listen(RabbitMqNode rabbit, BlockingQueue<ObservedEvent> observed)
      throws IOException, TimeoutException {
    ConnectionFactory factory = new ConnectionFactory();
    try {
      factory.setUri(rabbit.amqpUri(RabbitMqUser.ADMIN));
    } catch (GeneralSecurityException e) {
      throw new BenchException("invalid AMQP URI", e);
    }
    factory.setAutomaticRecoveryEnabled(false);
    Connection connection = factory.newConnection("hops");
    Channel channel = connection.createChannel();
    String queue = channel.queueDeclare().getQueue();
    for (EventType event : EVENTS) {
      channel.queueBind(queue, event.wireName(), "#");
    }
    DeliverCallback onEvent =
        (tag, delivery) ->
            observed.add(
                new ObservedEvent(delivery.getEnvelope().getExchange(), System.nanoTime()));
    CancelCallback onCancel = tag -> {};
    channel.basicConsume(queue, true, onEvent, onCancel);
    return connection;
  }

  /** An HTTP client that sends one request at a time on one persistent connection. */
  private static final class KeepAliveClient implements AutoCloseable {

    private static final byte[] REQUEST =
        ("GET " + NginxServer.SMALL + " HTTP/1.1\r\nHost: bench\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    private static final String LENGTH = "content-length:";

    private final Socket socket;
    private final DataInputStream in;

    KeepAliveClient(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    /** Sends a request and reads the whole response. */
    void get() throws IOException {
      socket.getOutputStream().write(REQUEST);
      int length = 0;
      String status = readLine();
      if (!status.contains(" 200 ")) {
        throw new BenchException("expected a response with status 200, got: " + status);
      }
      for (String line = readLine(); !line.isEmpty(); line = readLine()) {
        if (line.regionMatches(true, 0, LENGTH, 0, LENGTH.length())) {
          length = Integer.parseInt(line.substring(LENGTH.length()).strip());
        }
      }
      in.skipNBytes(length);
    }

    private String readLine() throws IOException {
      StringBuilder line = new StringBuilder();
      for (int each = in.readUnsignedByte(); each != '\n'; each = in.readUnsignedByte()) {
        if (each != '\r') {
          line.append((char) each);
        }
      }
      return line.toString();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
