package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Publication;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An AMQP channel with publisher confirms, and its {@link PublishingChannel state}. One thread at a
 * time may write messages and fences, and only the link's thread may close it. Any thread may call
 * the other methods.
 */
final class ConfirmChannel implements PublishingChannel.Handle {

  /** Receives the events of channels, on the connection's reader thread. Must not block. */
  interface Listener {
    void onReturned(PublishingChannel from, long number);

    void onConfirmed(PublishingChannel from, long number, boolean multiple);

    void onNacked(PublishingChannel from, long number, boolean multiple);

    /** Called when the channel is closed, alone or with its connection. */
    void onShutdown(PublishingChannel channel);
  }

  private static final Logger log = LoggerFactory.getLogger(ConfirmChannel.class);

  /** Class and method of {@code basic.publish}, which a refusal names. */
  private static final int BASIC_CLASS = 60;

  private static final int PUBLISH_METHOD = 40;

  private final Channel channel;
  private final Fence fence;
  private final PublishingChannel state = new PublishingChannel(this);

  private ConfirmChannel(Channel channel) {
    this.channel = channel;
    this.fence = new Fence(channel);
  }

  /** Registers the listener with a new channel and turns publisher confirms on. */
  static ConfirmChannel open(Channel opened, Listener listener) throws IOException {
    ConfirmChannel channel = new ConfirmChannel(opened);
    PublishingChannel state = channel.state;
    opened.addShutdownListener(cause -> listener.onShutdown(state));
    opened.addReturnListener(
        returned -> listener.onReturned(state, numberOf(returned.getProperties().getMessageId())));
    opened.addConfirmListener(
        (number, multiple) -> listener.onConfirmed(state, number, multiple),
        (number, multiple) -> listener.onNacked(state, number, multiple));
    opened.confirmSelect();
    return channel;
  }

  /** Returns the AMQP channel of this state. */
  static ConfirmChannel of(PublishingChannel state) {
    return (ConfirmChannel) state.handle();
  }

  PublishingChannel state() {
    return state;
  }

  /**
   * Writes a message that {@link PublishingChannel#next} made, in the order of the numbers.
   *
   * @param sender process id, the part of the message id before the number
   */
  void write(WrittenMessage message, String user, ProcessId sender) throws IOException {
    if (channel.getNextPublishSeqNo() != message.number()) {
      throw new IllegalStateException("the next confirms would be for other messages");
    }
    channel.basicPublish(
        message.key().exchange(),
        message.key().routingKey(),
        true,
        properties(message, user, sender),
        message.body());
  }

  /** Returns the message's AMQP properties (protocol section 2). */
  private static BasicProperties properties(WrittenMessage message, String user, ProcessId sender) {
    BasicProperties.Builder properties =
        new BasicProperties.Builder()
            .contentType("application/json")
            .type(message.type().wireName())
            .appId(AppId.OF_THIS_RELEASE)
            .userId(user)
            .deliveryMode(1)
            .messageId(sender.toString() + '/' + message.number());
    long expiration = message.expirationMillis();
    if (expiration != Publication.NEVER) {
      properties.expiration(Long.toString(expiration));
    }
    Map<String, Object> headers = new HashMap<>();
    if (message.key().brokerId() != null) {
      headers.put(Topology.BROKER_ID_HEADER, message.key().brokerId());
    }
    if (message.key().orphaned()) {
      headers.put(Topology.ORPHANED_HEADER, true);
    }
    return headers.isEmpty() ? properties.build() : properties.headers(headers).build();
  }

  /** Returns the number in a message id that {@link #properties} made. */
  private static long numberOf(String messageId) {
    return Long.parseLong(messageId.substring(messageId.lastIndexOf('/') + 1));
  }

  /** Sends a fence. {@code whenAnswered} is called on the connection's reader thread. */
  void sendFence(Runnable whenAnswered) throws IOException {
    fence.send(whenAnswered);
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  /** Returns the refusal for which RabbitMQ has closed the channel, if that was the reason. */
  Optional<Refusal> refusal() {
    ShutdownSignalException reason = channel.getCloseReason();
    boolean rejectedPublish =
        reason != null
            && reason.getReason() instanceof AMQP.Channel.Close close
            && close.getClassId() == BASIC_CLASS
            && close.getMethodId() == PUBLISH_METHOD;
    if (!rejectedPublish) {
      return Optional.empty();
    }
    AMQP.Channel.Close close = (AMQP.Channel.Close) reason.getReason();
    return Refusal.of(close.getReplyCode(), close.getReplyText());
  }

  /** Returns the reason for the close as RabbitMQ reported it. */
  String closeReason() {
    ShutdownSignalException reason = channel.getCloseReason();
    return reason == null ? "unknown" : reason.getMessage();
  }

  /** Closes the channel and waits for RabbitMQ's reply. */
  void close() {
    try {
      channel.close();
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      log.debug("event=channel_close_failed why={}", LogText.quoted(Failures.describe(e)));
    }
  }
}
