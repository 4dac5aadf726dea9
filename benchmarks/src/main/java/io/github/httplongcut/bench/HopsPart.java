package io.github.httplongcut.bench;

import com.rabbitmq.client.CancelCallback;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DeliverCallback;
import io.github.httplongcut.protocol.EventType;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URISyntaxException;
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
 * Where the time of one request goes: one at a time, while a listener of its own takes down when
 * RabbitMQ passes each of its four events on. So a hop is from one event to the next: through
 * RabbitMQ into a process, through that, and back to RabbitMQ. The listener costs time as well; how
 * much, the same requests without it say.
 */
final class HopsPart {

  private static final int REQUESTS = 2_000;
  private static final long PATIENCE_SECONDS = 5;
  private static final double NANOS_PER_MICRO = 1_000;

  /** In the order in which a request brings them about. */
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

  /** An event passed by. */
  private record Passed(String event, long at) {}

  private final Bench bench;

  HopsPart(Bench bench) {
    this.bench = bench;
  }

  void run() {
    bench.say("one request at a time, hop by hop");
    try (NginxServer nginx = NginxServer.start(bench.logs());
        RabbitNode rabbit = RabbitNode.start(bench.home(), bench.logs(), "rabbitmq-hops");
        BenchRelay relay =
            BenchRelay.start(
                BenchRelay.Plan.of(bench.home(), "hops ", nginx.url()), rabbit, bench.logs())) {
      bench.warmUp(relay.url(), Wrk.Load.get(NginxServer.SMALL, 1));
      double direct = whole(nginx.port());
      double alone = whole(relay.port());
      bench
          .report()
          .note("one request, median: %.0f µs, of nginx alone %.0f".formatted(alone, direct));
      double[] hops = hops(relay, rabbit);
      double sum = 0;
      for (int hop = 0; hop < hops.length; hop++) {
        bench.report().note("  %4.0f µs  %s".formatted(hops[hop], HOPS.get(hop)));
        sum += hops[hop];
      }
      bench.report().note("  %4.0f µs  together, with the listener".formatted(sum));
    } catch (IOException | TimeoutException e) {
      throw new BenchException("a request could not be followed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }

  /** The median in microseconds. */
  private static double whole(int port) throws IOException {
    double[] times = new double[REQUESTS];
    try (Caller caller = new Caller(port)) {
      for (int i = 0; i < REQUESTS; i++) {
        long from = System.nanoTime();
        caller.ask();
        times[i] = (System.nanoTime() - from) / NANOS_PER_MICRO;
      }
    }
    return Median.of(times);
  }

  /** The median of each hop, in microseconds. */
  private static double[] hops(BenchRelay relay, RabbitNode rabbit)
      throws IOException, TimeoutException, InterruptedException {
    double[][] times = new double[HOPS.size()][REQUESTS];
    BlockingQueue<Passed> passed = new LinkedBlockingQueue<>();
    try (Connection connection = listen(rabbit, passed);
        Caller caller = new Caller(relay.port())) {
      for (int i = 0; i < REQUESTS; i++) {
        List<Long> points = new ArrayList<>();
        points.add(System.nanoTime());
        caller.ask();
        long answered = System.nanoTime();
        Map<String, Long> each = await(passed);
        EVENTS.forEach(event -> points.add(each.get(event.wireName())));
        points.add(answered);
        for (int hop = 0; hop < HOPS.size(); hop++) {
          times[hop][i] = (points.get(hop + 1) - points.get(hop)) / NANOS_PER_MICRO;
        }
      }
      if (!connection.isOpen()) {
        throw new BenchException("the listener has lost its connection");
      }
    }
    double[] medians = new double[HOPS.size()];
    for (int hop = 0; hop < medians.length; hop++) {
      medians[hop] = Median.of(times[hop]);
    }
    return medians;
  }

  /**
   * When each of a request's events passed by. One may overtake another on its way to the listener:
   * each comes from a channel of its own, and RabbitMQ keeps the order of one channel only.
   */
  private static Map<String, Long> await(BlockingQueue<Passed> passed) throws InterruptedException {
    Map<String, Long> each = new HashMap<>();
    while (each.size() < EVENTS.size()) {
      Passed next = passed.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (next == null) {
        throw new BenchException("of one request only these passed by: " + each.keySet());
      }
      if (each.put(next.event, next.at) != null) {
        throw new BenchException("two of " + next.event + " passed by for one request");
      }
    }
    return each;
  }

  private static Connection listen(RabbitNode rabbit, BlockingQueue<Passed> passed)
      throws IOException, TimeoutException {
    ConnectionFactory factory = new ConnectionFactory();
    try {
      factory.setUri(rabbit.uri(RabbitNode.ADMIN));
    } catch (URISyntaxException | GeneralSecurityException e) {
      throw new BenchException("no AMQP URI", e);
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
            passed.add(new Passed(delivery.getEnvelope().getExchange(), System.nanoTime()));
    CancelCallback onCancel = tag -> {};
    channel.basicConsume(queue, true, onEvent, onCancel);
    return connection;
  }

  /** One kept connection, on which one request follows the answer to the other. */
  private static final class Caller implements AutoCloseable {

    private static final byte[] REQUEST =
        ("GET " + NginxServer.SMALL + " HTTP/1.1\r\nHost: bench\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    private static final String LENGTH = "content-length:";

    private final Socket socket;
    private final DataInputStream in;

    Caller(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    /** Returns once the whole answer is there. */
    void ask() throws IOException {
      socket.getOutputStream().write(REQUEST);
      int length = 0;
      String status = line();
      if (!status.contains(" 200 ")) {
        throw new BenchException("the answer was " + status);
      }
      for (String line = line(); !line.isEmpty(); line = line()) {
        if (line.regionMatches(true, 0, LENGTH, 0, LENGTH.length())) {
          length = Integer.parseInt(line.substring(LENGTH.length()).strip());
        }
      }
      in.skipNBytes(length);
    }

    private String line() throws IOException {
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
