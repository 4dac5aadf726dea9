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
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** A channel, with its connection, on which RabbitMQ says what a test has it say. */
final class FakeChannel {

  private final Channel channel = fake(Channel.class, this::onChannel);
  private final Connection connection = fake(Connection.class, this::onConnection);
  private final AtomicLong published = new AtomicLong();
  private final List<String> bodies = new CopyOnWriteArrayList<>();
  private final CountDownLatch freed = new CountDownLatch(1);
  private volatile boolean stuck;
  private volatile boolean open = true;
  private volatile Error failure;
  private volatile ShutdownSignalException closeReason;
  private volatile Runnable whenAskedWhy = () -> {};
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
  private final CompletableFuture<Command> reply = new CompletableFuture<>();

  /** The channels that were opened after this one, on its connection. */
  private final List<FakeChannel> others = new CopyOnWriteArrayList<>();

  private volatile int channelMax;
  private volatile int numbers = Integer.MAX_VALUE;
  private volatile ChannelOpening opening = () -> {};
  private volatile ShutdownSignalException connectionCloseReason;
  private volatile boolean connectionOpen = true;

  /** Runs when a further channel is opened, before it is there. */
  interface ChannelOpening {
    void begin() throws IOException, InterruptedException;
  }

  /** The channel that the client knows. */
  Channel channel() {
    return channel;
  }

  /** The connection, whose first channel this one is. */
  Connection connection() {
    return connection;
  }

  /** The channels that were opened after this one, on its connection. */
  List<FakeChannel> others() {
    return others;
  }

  /** RabbitMQ says at login that a connection may have so many channels. */
  void channelMax(int channels) {
    channelMax = channels;
  }

  /** The client gives out so many channels and no more. */
  void noMoreThan(int channels) {
    numbers = channels;
  }

  /** Runs when a further channel is opened, before it is there. */
  void whenOpening(ChannelOpening then) {
    opening = then;
  }

  /** RabbitMQ closes the connection with that. */
  void closeConnection(int code, String text) {
    var close = new AMQP.Connection.Close.Builder().replyCode(code).replyText(text).build();
    connectionCloseReason = new ShutdownSignalException(true, false, close, connection);
    connectionOpen = false;
    others.forEach(FakeChannel::shut);
    shut();
  }

  /** What was published, in order. */
  List<String> bodies() {
    return bodies;
  }

  /** The names of the methods that were called, in order. */
  List<String> calls() {
    return calls;
  }

  /** The arguments of each consumer. */
  List<Map<?, ?>> consumed() {
    return consumed;
  }

  /**
   * The consumers that began and ended, in order: {@code +<queue> <tag> <prefetch>} and {@code
   * -<tag>}.
   */
  List<String> consumers() {
    return consumers;
  }

  /** Up to which delivery tag all is acked. */
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

  /** Delivers a message with these properties to the consumer. */
  void deliver(long tag, BasicProperties properties) throws IOException {
    consumer.handleDelivery("any", new Envelope(tag, false, "any", ""), properties, new byte[0]);
  }

  /** Answers the fence. */
  void answerFence() {
    reply.complete(null);
  }

  /** From now on a write does not return until the connection is {@linkplain #shut() shut}. */
  void stick() {
    stuck = true;
  }

  /** Writes fail from now on, of something else than the connection. */
  void failWrites(Error failure) {
    this.failure = failure;
  }

  /** RabbitMQ closes the channel with that for a {@code basic.publish}. */
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

  /** What happens when somebody asks why the channel was closed. */
  void whenAskedWhy(Runnable then) {
    whenAskedWhy = then;
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

  void giveBack(long number) {
    BasicProperties properties = new BasicProperties.Builder().messageId("any/" + number).build();
    whenReturned.handle(new Return(312, "NO_ROUTE", "any", "any", properties, new byte[0]));
  }

  void block() throws IOException {
    whenBlocked.handle("low on memory");
  }

  void unblock() throws IOException {
    whenUnblocked.handle();
  }

  void shut() {
    open = false;
    freed.countDown();
    whenShut.shutdownCompleted(null);
  }

  /** RabbitMQ has closed this channel, and nobody was told yet: {@link #shut} does that. */
  void closeUnheard(int code, String text) {
    closeReason(code, text);
    open = false;
  }

  /** RabbitMQ closes this channel and no other. */
  void close(int code, String text) {
    closeReason(code, text);
    shut();
  }

  private Object onChannel(String method, Object[] arguments) throws InterruptedException {
    calls.add(method);
    switch (method) {
      case "isOpen" -> {
        return open;
      }
      case "getNextPublishSeqNo" -> {
        return published.get() + 1;
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
        bodies.add(new String((byte[]) arguments[4], StandardCharsets.UTF_8));
        if (stuck) {
          freed.await();
        }
        if (failure != null) {
          throw failure;
        }
      }
      case "basicAck" -> acked = (long) arguments[0];
      case "getCloseReason" -> {
        whenAskedWhy.run();
        return closeReason;
      }
      case "basicQos" -> prefetch = (int) arguments[0];
      case "basicCancel" -> consumers.add("-" + arguments[0]);
      case "basicConsume" -> {
        consumers.add("+" + arguments[0] + " " + arguments[2] + " " + prefetch);
        consumed.add((Map<?, ?>) arguments[5]);
        consumer = (Consumer) arguments[6];
      }
      default -> {
        return null; // an ok that nobody looks into
      }
    }
    return null;
  }

  private Object onConnection(String method, Object[] arguments)
      throws IOException, InterruptedException {
    switch (method) {
      case "createChannel" -> {
        if (!calls.contains("confirmSelect")) {
          return channel; // a consumer has no use for a second one
        }
        opening.begin();
        if (others.size() + 1 >= numbers) {
          return null;
        }
        FakeChannel another = new FakeChannel();
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

  private interface Call {
    Object on(String method, Object[] arguments) throws IOException, InterruptedException;
  }

  private static <T> T fake(Class<T> type, Call call) {
    Object proxy =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> call.on(method.getName(), arguments));
    return type.cast(proxy);
  }
}
