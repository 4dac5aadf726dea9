package io.github.httplongcut.amqp;

import static java.util.Comparator.reverseOrder;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.impl.Frame;
import com.rabbitmq.client.impl.FrameHandler;
import io.github.httplongcut.protocol.WireLimits;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class ContentGuardTest {

  private static final int CHANNEL = 1;
  private static final int OTHER_CHANNEL = 2;

  private final Queue<Frame> arriving = new ArrayDeque<>();
  private final ContentReading reading = new ContentReading();
  private final ContentGuard guard = new ContentGuard(arrivingFrames(), reading);
  private Runnable beforeRead = () -> {};

  @Test
  void readableMessagesPassUnchanged() throws IOException {
    Map<String, Object> nested = new HashMap<>(Map.of("count", 1L));
    List<Frame> frames =
        List.of(
            header(CHANNEL, new BasicProperties.Builder().userId("acme").build(), 3),
            body(CHANNEL, 3),
            header(CHANNEL, new BasicProperties.Builder().headers(nested).build(), 0),
            new Frame(AMQP.FRAME_METHOD, CHANNEL, new byte[4]));
    arriving.addAll(frames);

    assertThat(readAll()).isEqualTo(frames);
  }

  @Test
  void aTableNestedTooDeepIsReplacedAndItsBodyDropped() throws IOException {
    arriving.add(new Frame(AMQP.FRAME_HEADER, CHANNEL, headerWith(nested(40), 5)));
    arriving.add(body(CHANNEL, 3));
    arriving.add(body(CHANNEL, 2));
    Frame next = header(CHANNEL, new BasicProperties(), 0);
    arriving.add(next);

    List<Frame> read = readAll();

    assertThat(read).hasSize(2).last().isSameAs(next);
    assertThat(bodySize(read.get(0))).isZero();
    BasicProperties properties = properties(read.get(0));
    assertThat(properties.getContentType()).isEqualTo(ContentGuard.DISCARDED);
    assertThat(properties.getUserId()).isNull();
    assertThat(properties.getAppId()).contains("cannot be read");
  }

  @Test
  void anUnknownFieldTypeIsReplaced() throws IOException {
    byte[] unknown = {1, 'k', 'L', 0, 0, 0, 0, 0, 0, 0, 1};
    arriving.add(new Frame(AMQP.FRAME_HEADER, CHANNEL, headerWith(unknown, 0)));

    assertThat(properties(readAll().get(0)).getContentType()).isEqualTo(ContentGuard.DISCARDED);
  }

  @Test
  void aTooLongBodyIsReplacedAndItsSenderNamed() throws IOException {
    int chunk = 128 * 1024;
    long tooLong = WireLimits.MESSAGE_BYTES + 1L;
    BasicProperties properties =
        new BasicProperties.Builder().userId("plant").type("upstream_response").build();
    arriving.add(header(CHANNEL, properties, tooLong));
    for (long left = tooLong; left > 0; left -= chunk) {
      arriving.add(body(CHANNEL, (int) Math.min(chunk, left)));
    }
    arriving.add(header(CHANNEL, properties, WireLimits.MESSAGE_BYTES));

    List<Frame> read = readAll();

    assertThat(read).hasSize(2);
    assertThat(bodySize(read.get(0))).isZero();
    assertThat(properties(read.get(0)).getUserId()).isEqualTo("plant");
    assertThat(properties(read.get(0)).getType()).isEqualTo("upstream_response");
    assertThat(properties(read.get(0)).getAppId()).contains(String.valueOf(tooLong));
    assertThat(bodySize(read.get(1))).isEqualTo(WireLimits.MESSAGE_BYTES);
  }

  @Test
  void theBodyOfAnotherChannelPassesMeanwhile() throws IOException {
    arriving.add(header(CHANNEL, new BasicProperties(), Long.MAX_VALUE));
    arriving.add(body(CHANNEL, 1));
    Frame other = body(OTHER_CHANNEL, 1);
    arriving.add(other);

    assertThat(readAll()).hasSize(2).last().isSameAs(other);
  }

  /** The client handles a frame between two calls of {@code readFrame}, on the same thread. */
  @Test
  void theTimeInWhichTheClientHandlesContentCountsAsReading() throws IOException {
    long later = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    arriving.add(header(CHANNEL, new BasicProperties(), 2));
    arriving.add(body(CHANNEL, 2));
    arriving.add(new Frame(AMQP.FRAME_METHOD, CHANNEL, new byte[4]));
    assertThat(reading.idleNanos(later)).isPositive();

    guard.readFrame();
    assertThat(reading.idleNanos(later)).isZero();
    guard.readFrame();
    assertThat(reading.idleNanos(later)).isZero();

    long beforeTheEnd = System.nanoTime();
    guard.readFrame();
    assertThat(reading.idleNanos(later)).isPositive().isLessThanOrEqualTo(later - beforeTheEnd);
  }

  @Test
  void droppedContentCountsAsReading() throws IOException {
    arriving.add(header(CHANNEL, new BasicProperties(), Long.MAX_VALUE));
    arriving.add(body(CHANNEL, 1));
    arriving.add(body(CHANNEL, 1));
    long later = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    List<Long> idle = new ArrayList<>();
    beforeRead = () -> idle.add(reading.idleNanos(later));

    readAll();

    assertThat(idle).hasSize(4).doesNotHaveDuplicates().isSortedAccordingTo(reverseOrder());
  }

  @Test
  void heartbeatsAndRepliesAreNoReading() throws IOException {
    long opened = System.nanoTime();
    arriving.add(new Frame(AMQP.FRAME_HEARTBEAT, 0, new byte[0]));
    arriving.add(new Frame(AMQP.FRAME_METHOD, CHANNEL, new byte[4]));
    readAll();

    assertThat(reading.idleNanos(opened + 1_000)).isGreaterThanOrEqualTo(1_000);
  }

  @Test
  void aNewConnectionReadsNothingYet() throws IOException {
    arriving.add(body(CHANNEL, 1));
    guard.readFrame();
    long later = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    assertThat(reading.idleNanos(later)).isZero();

    ContentGuard unused = new ContentGuard(arrivingFrames(), reading);
    assertThat(reading.idleNanos(later)).isPositive();
    arriving.add(body(CHANNEL, 1));
    guard.readFrame(); // of the last connection, whose reader thread still runs
    assertThat(reading.idleNanos(later)).isPositive();
  }

  private List<Frame> readAll() throws IOException {
    List<Frame> read = new ArrayList<>();
    for (Frame frame = guard.readFrame(); frame != null; frame = guard.readFrame()) {
      read.add(frame);
    }
    return read;
  }

  private static Frame header(int channel, BasicProperties properties, long bodySize)
      throws IOException {
    Frame written = properties.toFrame(channel, bodySize);
    return new Frame(AMQP.FRAME_HEADER, channel, written.getPayload());
  }

  private static Frame body(int channel, int bytes) {
    return new Frame(AMQP.FRAME_BODY, channel, new byte[bytes]);
  }

  /** Returns a content header whose only property is this table. */
  private static byte[] headerWith(byte[] table, long bodySize) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeShort(60);
    out.writeShort(0);
    out.writeLong(bodySize);
    out.writeShort(0x2000);
    out.writeInt(table.length);
    out.write(table);
    return bytes.toByteArray();
  }

  private static byte[] nested(int levels) throws IOException {
    byte[] table = {};
    for (int i = 0; i < levels; i++) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeByte(1);
      out.write("k".getBytes(StandardCharsets.US_ASCII));
      out.writeByte('F');
      out.writeInt(table.length);
      out.write(table);
      table = bytes.toByteArray();
    }
    return table;
  }

  private static long bodySize(Frame header) {
    return java.nio.ByteBuffer.wrap(header.getPayload()).getLong(4);
  }

  private static BasicProperties properties(Frame header) throws IOException {
    byte[] payload = header.getPayload();
    return new BasicProperties(
        new DataInputStream(
            new java.io.ByteArrayInputStream(Arrays.copyOfRange(payload, 2, payload.length))));
  }

  private FrameHandler arrivingFrames() {
    return (FrameHandler)
        Proxy.newProxyInstance(
            FrameHandler.class.getClassLoader(),
            new Class<?>[] {FrameHandler.class},
            (self, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("readFrame");
              beforeRead.run();
              return arriving.poll();
            });
  }
}
