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
 * Sends requests at the times of a plan whether the earlier ones are answered or not, as many
 * independent callers do; wrk waits for its answers. A request's latency counts from when it was
 * due. One thread.
 */
final class Flood {

  /**
   * What to send.
   *
   * @param perSecond on the average; the pauses are random
   * @param connections at the most; a request that finds all busy waits for one
   * @param patience for how long answers are awaited after the last request
   */
  record Plan(
      int port, String path, double perSecond, int requests, int connections, Duration patience) {}

  /**
   * What came of it.
   *
   * @param statuses how many answers had each
   * @param refusals how many problems had each code and detail
   * @param answered what those with status 200 took
   * @param refused what the others took that got an answer
   * @param lost requests without an answer
   * @param mostUnderWay at one time
   */
  record Result(
      Map<Integer, Integer> statuses,
      Map<String, Integer> refusals,
      Latencies answered,
      Latencies refused,
      int lost,
      int mostUnderWay,
      double seconds) {}

  /**
   * How long requests took.
   *
   * @param sorted in microseconds
   */
  record Latencies(List<Long> sorted) {

    int count() {
      return sorted.size();
    }

    /** In microseconds; 0 if there was none. */
    double percentile(double share) {
      int at = (int) Math.min(sorted.size() - 1.0, sorted.size() * share);
      return sorted.isEmpty() ? 0 : sorted.get(at).doubleValue();
    }
  }

  private static final int ANSWER_BYTES = 8 * 1024;
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
  private int mostUnderWay;

  private Flood(Plan plan) {
    this.plan = plan;
    this.request =
        ByteBuffer.wrap(
            "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n"
                .formatted(plan.path(), plan.port())
                .getBytes(StandardCharsets.US_ASCII));
  }

  /** Sends all of it and waits for the answers. */
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
    long patientUntil = Long.MAX_VALUE;
    while (done < plan.requests()) {
      long now = System.nanoTime();
      while (planned < plan.requests() && now - next >= 0) {
        due.add(next);
        planned++;
        next += (long) (-Math.log(1 - random.nextDouble()) * 1e9 / plan.perSecond());
        patientUntil = next + plan.patience().toNanos();
      }
      sendDue();
      mostUnderWay = Math.max(mostUnderWay, sent - done);
      if (planned == plan.requests() && now - patientUntil >= 0) {
        lost += plan.requests() - done;
        break;
      }
      select(planned < plan.requests() ? next - now : patientUntil - now);
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
        mostUnderWay,
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

  /** One request at a time. */
  private final class Connection {
    private final SocketChannel channel = SocketChannel.open();
    private final SelectionKey key;
    private final ByteBuffer answer = ByteBuffer.allocate(ANSWER_BYTES);
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

    /** It is small enough for any socket that waits for nothing. */
    private void write() throws IOException {
      key.interestOps(SelectionKey.OP_READ);
      if (channel.write(request.duplicate()) < request.limit()) {
        throw new IOException("the socket takes no request");
      }
    }

    private void read() throws IOException {
      if (channel.read(answer) < 0) {
        throw new IOException("closed");
      }
      int head = headLength();
      if (head > 0 && answer.position() >= head + contentLength(head)) {
        int status = Integer.parseInt(text(9, 12));
        statuses.merge(status, 1, Integer::sum);
        long micros = (System.nanoTime() - dueAt) / 1000;
        if (status == 200) {
          answered.add(micros);
        } else {
          refused.add(micros);
          refusals.merge(problem(text(head, answer.position())), 1, Integer::sum);
        }
        done++;
        answer.clear();
        key.interestOps(0);
        free.push(this);
      }
    }

    private int headLength() {
      for (int end = HEAD_END.length; end <= answer.position(); end++) {
        if (answer.get(end - 1) == '\n'
            && answer.get(end - 2) == '\r'
            && answer.get(end - 3) == '\n'
            && answer.get(end - 4) == '\r') {
          return end;
        }
      }
      return 0;
    }

    private int contentLength(int head) throws IOException {
      String fields = text(0, head).toLowerCase(Locale.ROOT);
      int at = fields.indexOf(LENGTH);
      if (at < 0) {
        throw new IOException("an answer without Content-Length");
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
      return new String(answer.array(), from, to - from, StandardCharsets.ISO_8859_1);
    }

    private void fail() throws IOException {
      lost++;
      done++;
      opened--;
      channel.close();
    }
  }
}
