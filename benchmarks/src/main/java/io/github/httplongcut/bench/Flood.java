package io.github.httplongcut.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An open-loop load generator: it sends requests at random times with a given average rate, like
 * many independent callers. (wrk is closed-loop: each connection waits for its response.) Latency
 * counts from the time at which the request was due. Single-threaded.
 */
final class Flood {

  /**
   * The requests to send.
   *
   * @param perSecond average rate; the pauses are random
   * @param connections maximum number; when all are busy, requests wait for one
   * @param responseTimeout time to wait for responses after the last request
   */
  record Plan(
      int port,
      String path,
      double perSecond,
      int requests,
      int connections,
      Duration responseTimeout) {}

  /**
   * The results.
   *
   * @param statuses number of responses by status
   * @param refusals number of problem responses by code and detail
   * @param answered latencies of responses with status 200
   * @param refused latencies of responses with another status
   * @param lost requests without a response
   * @param maxInFlight maximum number of concurrent requests
   */
  record Result(
      Map<Integer, Integer> statuses,
      Map<String, Integer> refusals,
      Latencies answered,
      Latencies refused,
      int lost,
      int maxInFlight,
      double seconds) {}

  /**
   * Latencies of requests.
   *
   * @param sorted microseconds, in ascending order
   */
  record Latencies(List<Long> sorted) {

    int count() {
      return sorted.size();
    }

    /** Returns a percentile in microseconds; 0 if there are no latencies. */
    double percentile(double share) {
      int at = (int) Math.min(sorted.size() - 1.0, sorted.size() * share);
      return sorted.isEmpty() ? 0 : sorted.get(at).doubleValue();
    }
  }

  private static final int MAX_RESPONSE_BYTES = 8 * 1024;
  private static final byte[] HEAD_END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final Pattern PROBLEM = Pattern.compile("\"(?:code|detail)\":\\s*\"([^\"]*)\"");
  private static final String LENGTH = "\r\ncontent-length:";

  private final Plan plan;
  private final ByteBuffer request;
  private final Random random = new Random(1);
  private final Deque<Connection> free = new ArrayDeque<>();
  private final Deque<Long> due = new ArrayDeque<>();
  private final Map<Integer, Integer> statuses = new TreeMap<>();
  private final Map<String, Integer> refusals = new TreeMap<>();
  private final List<Long> answered = new ArrayList<>();
  private final List<Long> refused = new ArrayList<>();
  private Selector selector;
  private int opened;
  private int sent;
  private int done;
  private int lost;
  private int maxInFlight;

  private Flood(Plan plan) {
    this.plan = plan;
    this.request =
        ByteBuffer.wrap(
            "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n"
                .formatted(plan.path(), plan.port())
                .getBytes(StandardCharsets.US_ASCII));
  }

  /** Sends all requests and waits for their responses. */
  static Result run(Plan plan) {
    Flood flood = new Flood(plan);
    try (Selector selector = Selector.open()) {
      flood.selector = selector;
      return flood.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Result run() throws IOException {
    long start = System.nanoTime();
    long next = start;
    int planned = 0;
    long responseDeadline = Long.MAX_VALUE;
    while (done < plan.requests()) {
      long now = System.nanoTime();
      while (planned < plan.requests() && now - next >= 0) {
        due.add(next);
        planned++;
        next += (long) (-Math.log(1 - random.nextDouble()) * 1e9 / plan.perSecond());
        responseDeadline = next + plan.responseTimeout().toNanos();
      }
      sendDue();
      maxInFlight = Math.max(maxInFlight, sent - done);
      if (planned == plan.requests() && now - responseDeadline >= 0) {
        lost += plan.requests() - done;
        break;
      }
      select(planned < plan.requests() ? next - now : responseDeadline - now);
    }
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    return new Result(
        statuses,
        refusals,
        new Latencies(answered.stream().sorted().toList()),
        new Latencies(refused.stream().sorted().toList()),
        lost,
        maxInFlight,
        (System.nanoTime() - start) / 1e9);
  }

  private void select(long nanos) throws IOException {
    long millis = nanos / 1_000_000;
    if (millis > 0) {
      selector.select(millis);
    } else {
      selector.selectNow();
    }
    for (SelectionKey key : selector.selectedKeys()) {
      ((Connection) key.attachment()).onReady();
    }
    selector.selectedKeys().clear();
  }

  private void sendDue() throws IOException {
    while (!due.isEmpty()) {
      Connection connection = free.poll();
      if (connection == null && opened < plan.connections()) {
        connection = new Connection();
        opened++;
      }
      if (connection == null) {
        return;
      }
      sent++;
      connection.send(due.poll());
    }
  }

  /** An HTTP connection with at most one request at a time. */
  private final class Connection {
    private final SocketChannel channel = SocketChannel.open();
    private final SelectionKey key;
    private final ByteBuffer response = ByteBuffer.allocate(MAX_RESPONSE_BYTES);
    private long dueAt;

    Connection() throws IOException {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      key = channel.register(selector, 0, this);
    }

    void send(long dueAt) throws IOException {
      this.dueAt = dueAt;
      if (channel.isConnected()) {
        write();
      } else {
        key.interestOps(SelectionKey.OP_CONNECT);
        channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), plan.port()));
      }
    }

    void onReady() throws IOException {
      try {
        if (key.isConnectable()) {
          channel.finishConnect();
          write();
        } else {
          read();
        }
      } catch (IOException e) {
        fail();
      }
    }

    /** Writes the request at once. It fits the send buffer of a socket that has sent everything. */
    private void write() throws IOException {
      key.interestOps(SelectionKey.OP_READ);
      if (channel.write(request.duplicate()) < request.limit()) {
        throw new IOException("the socket's send buffer is full");
      }
    }

    private void read() throws IOException {
      if (channel.read(response) < 0) {
        throw new IOException("closed");
      }
      int head = headLength();
      if (head > 0 && response.position() >= head + contentLength(head)) {
        int status = Integer.parseInt(text(9, 12));
        statuses.merge(status, 1, Integer::sum);
        long micros = (System.nanoTime() - dueAt) / 1000;
        if (status == 200) {
          answered.add(micros);
        } else {
          refused.add(micros);
          refusals.merge(problem(text(head, response.position())), 1, Integer::sum);
        }
        done++;
        response.clear();
        key.interestOps(0);
        free.push(this);
      }
    }

    private int headLength() {
      for (int end = HEAD_END.length; end <= response.position(); end++) {
        if (response.get(end - 1) == '\n'
            && response.get(end - 2) == '\r'
            && response.get(end - 3) == '\n'
            && response.get(end - 4) == '\r') {
          return end;
        }
      }
      return 0;
    }

    private int contentLength(int head) throws IOException {
      String fields = text(0, head).toLowerCase(Locale.ROOT);
      int at = fields.indexOf(LENGTH);
      if (at < 0) {
        throw new IOException("the response has no Content-Length");
      }
      int from = at + LENGTH.length();
      return Integer.parseInt(fields.substring(from, fields.indexOf('\r', from)).strip());
    }

    private static String problem(String body) {
      StringJoiner found = new StringJoiner(": ");
      for (Matcher matcher = PROBLEM.matcher(body); matcher.find(); ) {
        found.add(matcher.group(1));
      }
      return found.toString();
    }

    private String text(int from, int to) {
      return new String(response.array(), from, to - from, StandardCharsets.ISO_8859_1);
    }

    private void fail() throws IOException {
      lost++;
      done++;
      opened--;
      channel.close();
    }
  }
}
