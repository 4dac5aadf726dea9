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
 * Reads frames for the AMQP client and replaces messages for which the client would close the
 * connection:
 *
 * <ul>
 *   <li>a content header that the client cannot parse: a table nested too deep, or a field type
 *       that the client does not know
 *   <li>a body over {@link WireLimits#MESSAGE_BYTES}
 * </ul>
 *
 * <p>RabbitMQ accepts and delivers both, so any sender could close the connections of all
 * consumers. The replacement is an empty message of the content type {@link #DISCARDED}, whose
 * {@code app_id} names the reason. {@link MessageReader} rejects it as malformed, and it is acked.
 *
 * <p>Also notes in a {@link ContentReading} when frames of messages are read.
 *
 * <p>Used by the connection's reader thread only.
 */
final class ContentGuard implements FrameHandler {

  /** Content type of the replacement for a discarded message. */
  static final String DISCARDED = "application/vnd.http-longcut.discarded";

  private static final int BASIC_CLASS = 60;

  /**
   * Offset of the body size in a content header: class, weight, body size, then the properties
   * (AMQP 0-9-1 section 2.3.5.2).
   */
  private static final int BODY_SIZE_OFFSET = 4;

  private static final int FLAGS_OFFSET = 12;

  /**
   * Flags of all properties but {@code headers}: they hold no table, so every parser reads them.
   */
  private static final int PLAIN_PROPERTIES = 0xdffc;

  private final FrameHandler frames;

  private final ContentReading.OfConnection reading;

  /** Remaining bytes of a discarded message's body, by channel. */
  private final Map<Integer, Long> bytesToDrop = new HashMap<>();

  /** True if the last frame was one of a message. */
  private boolean hasContent;

  /**
   * Creates the guard of a connection that is being opened.
   *
   * @param reading notes when frames of messages are read
   */
  ContentGuard(FrameHandler frames, ContentReading reading) {
    this.frames = frames;
    this.reading = reading.open();
  }

  @Override
  public Frame readFrame() throws IOException {
    Frame frame = next();
    while (frame != null && frame.getType() == AMQP.FRAME_BODY && dropIfDiscarded(frame)) {
      frame = next();
    }
    return frame != null && frame.getType() == AMQP.FRAME_HEADER
        ? replaceIfUnreadable(frame)
        : frame;
  }

  /** Reads a frame. Its caller has handled the last one. */
  private Frame next() throws IOException {
    if (hasContent) {
      reading.end(System.nanoTime());
    }
    Frame frame = frames.readFrame();
    hasContent =
        frame != null
            && (frame.getType() == AMQP.FRAME_HEADER || frame.getType() == AMQP.FRAME_BODY);
    if (hasContent) {
      reading.begin();
    }
    return frame;
  }

  private boolean dropIfDiscarded(Frame frame) {
    Long left = bytesToDrop.get(frame.getChannel());
    if (left == null) {
      return false;
    }
    long remaining = left - frame.getPayload().length;
    if (remaining > 0) {
      bytesToDrop.put(frame.getChannel(), remaining);
    } else {
      bytesToDrop.remove(frame.getChannel());
    }
    return true;
  }

  private Frame replaceIfUnreadable(Frame frame) throws IOException {
    ByteBuffer header = ByteBuffer.wrap(frame.getPayload());
    if (header.limit() < FLAGS_OFFSET + Short.BYTES || header.getShort(0) != BASIC_CLASS) {
      return frame; // malformed; the client reports the error
    }
    long bodySize = header.getLong(BODY_SIZE_OFFSET);
    boolean tooLong = bodySize < 0 || bodySize > WireLimits.MESSAGE_BYTES;
    boolean plain = (header.getShort(FLAGS_OFFSET) & 0xffff & ~PLAIN_PROPERTIES) == 0;
    if (plain && !tooLong) {
      return frame;
    }
    BasicProperties.Builder replacement = new BasicProperties.Builder().contentType(DISCARDED);
    try {
      BasicProperties properties = propertiesOf(frame);
      if (!tooLong) {
        return frame;
      }
      replacement.userId(properties.getUserId()).type(properties.getType());
      replacement.appId("a body of " + bodySize + " bytes");
    } catch (IOException | RuntimeException e) {
      replacement.appId("AMQP headers that cannot be read");
    }
    if (bodySize != 0) {
      bytesToDrop.put(frame.getChannel(), bodySize);
    }
    return replacement.build().toFrame(frame.getChannel(), 0);
  }

  private static BasicProperties propertiesOf(Frame frame) throws IOException {
    byte[] payload = frame.getPayload();
    int offset = Short.BYTES; // the class
    return new BasicProperties(
        new DataInputStream(new ByteArrayInputStream(payload, offset, payload.length - offset)));
  }

  // All other methods delegate to the client's own frame handler.

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
