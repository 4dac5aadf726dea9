package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.BlockedCallback;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Command;
import com.rabbitmq.client.ConfirmCallback;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Consumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.Return;
import com.rabbitmq.client.ReturnCallback;
import com.rabbitmq.client.ShutdownListener;
import com.rabbitmq.client.ShutdownSignalException;
import com.rabbitmq.client.UnblockedCallback;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.EventType;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** A channel with its connection, on which a test plays RabbitMQ. */
final class FakeAmqpChannel {

  private final Channel channel = fake(Channel.class, this::onChannel);
  private final Connection connection = fake(Connection.class, this::onConnection);
  private final AtomicLong published = new AtomicLong();
  private final List<String> bodies = new CopyOnWriteArrayList<>();
  private volatile boolean open = true;
  private volatile Error failure;
  private volatile ShutdownSignalException closeReason;
  private volatile Runnable whenCloseReasonRead = () -> {};
  private volatile ShutdownListener whenShut;
  private volatile ReturnCallback whenReturned;
  private volatile ConfirmCallback whenConfirmed;
  private volatile ConfirmCallback whenNacked;
  private volatile BlockedCallback whenBlocked;
  private volatile UnblockedCallback whenUnblocked;
  private volatile Consumer consumer;
  private volatile long acked;
  private final List<Map<?, ?>> consumed = new CopyOnWriteArrayList<>();
  private final List<String> consumers = new CopyOnWriteArrayList<>();
  private volatile int prefetch;
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final Map<String, CallHook> callHooks = new ConcurrentHashMap<>();
  private final CompletableFuture<Command> reply = new CompletableFuture<>();

  /** Channels that were opened on the same connection after this one. */
  private final List<FakeAmqpChannel> others = new CopyOnWriteArrayList<>();

  private volatile int channelMax;
  private volatile int clientChannelLimit = Integer.MAX_VALUE;
  private volatile ChannelOpening opening = () -> {};
  private volatile ShutdownSignalException connectionCloseReason;
  private volatile boolean connectionOpen = true;

  /** Code to run while a further channel is opened. */
  interface ChannelOpening {
    void begin() throws IOException, InterruptedException;
  }

  /** Code to run in a call of a channel's method. */
  interface CallHook {
    void run() throws IOException, InterruptedException;
  }

  /** Returns the channel for the code under test. */
  Channel channel() {
    return channel;
  }

  /** Returns the connection, whose first channel is this one. */
  Connection connection() {
    return connection;
  }

  /** Returns the channels that were opened on the same connection after this one. */
  List<FakeAmqpChannel> others() {
    return others;
  }

  /** Sets the maximum number of channels that RabbitMQ announces at login. */
  void channelMax(int channels) {
    channelMax = channels;
  }

  /** Sets the number of channels that the AMQP client opens at most. */
  void clientChannelLimit(int channels) {
    clientChannelLimit = channels;
  }

  /** Sets the code to run while a further channel is opened. */
  void whenOpening(ChannelOpening then) {
    opening = then;
  }

  /** Closes the connection as RabbitMQ would. */
  void closeConnection(int code, String text) {
    var close = new AMQP.Connection.Close.Builder().replyCode(code).replyText(text).build();
    connectionCloseReason = new ShutdownSignalException(true, false, close, connection);
    connectionOpen = false;
    others.forEach(FakeAmqpChannel::shutDown);
    shutDown();
  }

  /** Returns the bodies of the written messages, in order. */
  List<String> bodies() {
    return bodies;
  }

  /** Returns the names of the called methods, in order. */
  List<String> calls() {
    return calls;
  }

  /** Sets the code to run at the start of each call of this channel's method. */
  void whenCalled(String method, CallHook then) {
    callHooks.put(method, then);
  }

  /** Returns the arguments of each consumer. */
  List<Map<?, ?>> consumed() {
    return consumed;
  }

  /**
   * Returns the starts and cancels of consumers, in order: {@code +<queue> <tag> <prefetch>} and
   * {@code -<tag>}.
   */
  List<String> consumers() {
    return consumers;
  }

  /** Returns the last acked delivery tag. */
  long acked() {
    return acked;
  }

  /** Delivers a broker's event to the consumer. */
  void deliver(long tag, Event event) throws IOException {
    deliver(tag, "broker", "", event);
  }

  /** Delivers an event to the consumer. */
  void deliver(long tag, String user, String routingKey, Event event) throws IOException {
    BasicProperties properties =
        new BasicProperties.Builder().userId(user).type(event.type().wireName()).build();
    Envelope envelope = new Envelope(tag, false, event.type().wireName(), routingKey);
    consumer.handleDelivery("any", envelope, properties, EventCodec.encode(event));
  }

  /** Delivers a batch of a broker's events again. */
  void redeliver(long tag, EventType type, List<Event> events) throws IOException {
    BasicProperties properties =
        new BasicProperties.Builder().userId("broker").type(type.wireName()).build();
    List<byte[]> encoded = events.stream().map(EventCodec::encode).toList();
    Envelope envelope = new Envelope(tag, true, type.wireName(), "");
    consumer.handleDelivery("any", envelope, properties, EventCodec.join(encoded));
  }

  /** Delivers a message with these properties to the consumer. */
  void deliver(long tag, BasicProperties properties) throws IOException {
    consumer.handleDelivery("any", new Envelope(tag, false, "any", ""), properties, new byte[0]);
  }

  /** Cancels the consumer, as if its queue was deleted. */
  void cancelConsumer() throws IOException {
    consumer.handleCancel("any");
  }

  /** Answers the fence. */
  void answerFence() {
    reply.complete(null);
  }

  /** Lets writes fail with this error. */
  void failWrites(Error failure) {
    this.failure = failure;
  }

  /** Sets the reason with which RabbitMQ closes the channel after a {@code basic.publish}. */
  void closeReason(int code, String text) {
    var close =
        new AMQP.Channel.Close.Builder()
            .replyCode(code)
            .replyText(text)
            .classId(60)
            .methodId(40)
            .build();
    closeReason = new ShutdownSignalException(false, false, close, channel);
  }

  /** Sets the code to run when the close reason is read. */
  void whenCloseReasonRead(Runnable then) {
    whenCloseReasonRead = then;
  }

  boolean isOpen() {
    return open;
  }

  void confirm(long number) throws IOException {
    whenConfirmed.handle(number, false);
  }

  void nack(long number) throws IOException {
    whenNacked.handle(number, false);
  }

  void returnMessage(long number) {
    BasicProperties properties = new BasicProperties.Builder().messageId("any/" + number).build();
    whenReturned.handle(new Return(312, "NO_ROUTE", "any", "any", properties, new byte[0]));
  }

  void block() throws IOException {
    whenBlocked.handle("low on memory");
  }

  void unblock() throws IOException {
    whenUnblocked.handle();
  }

  void shutDown() {
    open = false;
    whenShut.shutdownCompleted(null);
  }

  /** Closes this channel without the shutdown event, which {@link #shutDown} sends. */
  void closeWithoutShutdownEvent(int code, String text) {
    closeReason(code, text);
    open = false;
  }

  /** Closes only this channel, as RabbitMQ would. */
  void close(int code, String text) {
    closeReason(code, text);
    shutDown();
  }

  private Object onChannel(String method, Object[] arguments)
      throws IOException, InterruptedException {
    calls.add(method);
    callHooks.getOrDefault(method, () -> {}).run();
    switch (method) {
      case "isOpen" -> {
        return open;
      }
      case "getNextPublishSeqNo" -> {
        return published.get() + 1;
      }
      case "waitForConfirms" -> {
        return true;
      }
      case "asyncCompletableRpc" -> {
        Object answer = reply; // Error Prone thinks that a future returned as an object is dropped
        return answer;
      }
      case "addShutdownListener" -> whenShut = (ShutdownListener) arguments[0];
      case "addReturnListener" -> whenReturned = (ReturnCallback) arguments[0];
      case "addConfirmListener" -> {
        whenConfirmed = (ConfirmCallback) arguments[0];
        whenNacked = (ConfirmCallback) arguments[1];
      }
      case "basicPublish" -> {
        published.incrementAndGet(); // as the client does, even if the write then fails
        if (!open) {
          throw new AlreadyClosedException(closeReason);
        }
        bodies.add(new String((byte[]) arguments[arguments.length - 1], StandardCharsets.UTF_8));
        if (failure != null) {
          throw failure;
        }
      }
      case "basicAck" -> acked = (long) arguments[0];
      case "getCloseReason" -> {
        whenCloseReasonRead.run();
        return closeReason;
      }
      case "basicQos" -> prefetch = (int) arguments[0];
      case "basicCancel" -> consumers.add("-" + arguments[0]);
      case "basicConsume" -> {
        consumers.add("+" + arguments[0] + " " + arguments[2] + " " + prefetch);
        if (arguments.length > 5) {
          consumed.add((Map<?, ?>) arguments[5]);
        }
        consumer = (Consumer) arguments[arguments.length - 1];
      }
      default -> {
        return null; // a reply that the code under test ignores
      }
    }
    return null;
  }

  private Object onConnection(String method, Object[] arguments)
      throws IOException, InterruptedException {
    switch (method) {
      case "createChannel" -> {
        if (!calls.contains("confirmSelect")) {
          return channel; // a consumer opens no second channel
        }
        opening.begin();
        if (others.size() + 1 >= clientChannelLimit) {
          return null;
        }
        FakeAmqpChannel another = new FakeAmqpChannel();
        others.add(another);
        return another.channel;
      }
      case "getChannelMax" -> {
        return channelMax;
      }
      case "isOpen" -> {
        return connectionOpen;
      }
      case "getCloseReason" -> {
        return connectionCloseReason;
      }
      case "getAddress" -> {
        return InetAddress.getLoopbackAddress();
      }
      case "getPort" -> {
        return 5672;
      }
      case "addBlockedListener" -> {
        whenBlocked = (BlockedCallback) arguments[0];
        whenUnblocked = (UnblockedCallback) arguments[1];
      }
      default -> throw new UnsupportedOperationException(method);
    }
    return null;
  }

  private interface MethodCall {
    Object on(String method, Object[] arguments) throws IOException, InterruptedException;
  }

  private static <T> T fake(Class<T> type, MethodCall call) {
    Object proxy =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> call.on(method.getName(), arguments));
    return type.cast(proxy);
  }
}
