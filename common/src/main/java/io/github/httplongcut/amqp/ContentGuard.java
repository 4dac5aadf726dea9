package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.WriteListener;
import com.rabbitmq.client.impl.AMQConnection;
import com.rabbitmq.client.impl.Frame;
import com.rabbitmq.client.impl.FrameHandler;
import io.github.httplongcut.protocol.WireLimits;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads frames for the AMQP client and takes out what would cost it the connection: a content
 * header that it cannot parse (a table nested too deep, a field type that it does not know), and a
 * body over {@link WireLimits#MESSAGE_BYTES}. RabbitMQ accepts and delivers both, so any sender
 * could close every consumer's connection as often as it likes. Such a message becomes an empty one
 * of the content type {@link #DISCARDED}, whose {@code app_id} says why: {@link MessageReader}
 * refuses it, and it is acked.
 *
 * <p>Read by the connection's reader thread only.
 */
final class ContentGuard implements FrameHandler {

  /** Content type of what stands for a message that was taken out. */
  static final String DISCARDED = "application/vnd.http-longcut.discarded";

  private static final int BASIC_CLASS = 60;

  /** Class, weight, body size (AMQP 0-9-1 section 2.3.5.2); the properties follow. */
  private static final int BODY_SIZE_AT = 4;

  private static final int FLAGS_AT = 12;

  /** Flags of the properties that hold no table and that every parser knows. */
  private static final int PLAIN_PROPERTIES = 0xdffc;

  private final FrameHandler frames;

  /** Bytes of a body that are still to be dropped, by channel. */
  private final Map<Integer, Long> dropping = new HashMap<>();

  ContentGuard(FrameHandler frames) {
    this.frames = frames;
  }

  @Override
  public Frame readFrame() throws IOException {
    Frame frame = frames.readFrame();
    while (frame != null && frame.getType() == AMQP.FRAME_BODY && isDropped(frame)) {
      frame = frames.readFrame();
    }
    return frame != null && frame.getType() == AMQP.FRAME_HEADER ? guarded(frame) : frame;
  }

  private boolean isDropped(Frame frame) {
    Long left = dropping.get(frame.getChannel());
    if (left == null) {
      return false;
    }
    long stillLeft = left - frame.getPayload().length;
    if (stillLeft > 0) {
      dropping.put(frame.getChannel(), stillLeft);
    } else {
      dropping.remove(frame.getChannel());
    }
    return true;
  }

  private Frame guarded(Frame frame) throws IOException {
    ByteBuffer header = ByteBuffer.wrap(frame.getPayload());
    if (header.limit() < FLAGS_AT + Short.BYTES || header.getShort(0) != BASIC_CLASS) {
      return frame; // nothing of RabbitMQ's: the client says what is wrong
    }
    long bodySize = header.getLong(BODY_SIZE_AT);
    boolean tooLong = bodySize < 0 || bodySize > WireLimits.MESSAGE_BYTES;
    boolean plain = (header.getShort(FLAGS_AT) & 0xffff & ~PLAIN_PROPERTIES) == 0;
    if (plain && !tooLong) {
      return frame;
    }
    BasicProperties.Builder instead = new BasicProperties.Builder().contentType(DISCARDED);
    try {
      BasicProperties properties = propertiesOf(frame);
      if (!tooLong) {
        return frame;
      }
      instead.userId(properties.getUserId()).type(properties.getType());
      instead.appId("a body of " + bodySize + " bytes");
    } catch (IOException | RuntimeException e) {
      instead.appId("AMQP headers that cannot be read");
    }
    if (bodySize != 0) {
      dropping.put(frame.getChannel(), bodySize);
    }
    return instead.build().toFrame(frame.getChannel(), 0);
  }

  private static BasicProperties propertiesOf(Frame frame) throws IOException {
    byte[] payload = frame.getPayload();
    int at = Short.BYTES; // the class
    return new BasicProperties(
        new DataInputStream(new ByteArrayInputStream(payload, at, payload.length - at)));
  }

  // The rest is the client's own.

  @Override
  public boolean internalHearbeat() {
    return frames.internalHearbeat();
  }

  @Override
  public void setTimeout(int timeoutMs) throws SocketException {
    frames.setTimeout(timeoutMs);
  }

  @Override
  public int getTimeout() throws SocketException {
    return frames.getTimeout();
  }

  @Override
  public void sendHeader() throws IOException {
    frames.sendHeader();
  }

  @Override
  public void initialize(AMQConnection connection) {
    frames.initialize(connection);
  }

  @Override
  public void startProcessing() {
    frames.startProcessing();
  }

  @Override
  public void finishConnectionNegotiation() {
    frames.finishConnectionNegotiation();
  }

  @Override
  public void setFrameMax(int frameMax) {
    frames.setFrameMax(frameMax);
  }

  @Override
  public void writeFrame(Frame frame) throws IOException {
    frames.writeFrame(frame);
  }

  @Override
  public void flush(WriteListener listener) throws IOException {
    frames.flush(listener);
  }

  @Override
  public void close() {
    frames.close();
  }

  @Override
  public InetAddress getLocalAddress() {
    return frames.getLocalAddress();
  }

  @Override
  public int getLocalPort() {
    return frames.getLocalPort();
  }

  @Override
  public InetAddress getAddress() {
    return frames.getAddress();
  }

  @Override
  public int getPort() {
    return frames.getPort();
  }
}
