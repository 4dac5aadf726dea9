package io.github.httplongcut.system.tenants;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/**
 * A company's RabbitMQ user with exactly the permissions of docs/permissions.md and
 * docs/protocol.md section 8, for the upstream target {@code orders} only, and the id of one of its
 * processes. All operations use an AMQP connection of this user.
 */
final class Tenant implements AutoCloseable {

  /** The only target that a tenant may call or serve. */
  static final String TARGET = "orders";

  private static final long CONFIRM_TIMEOUT_MS = 60_000;
  private static final int RPC_TIMEOUT_MS = 60_000;

  private final RabbitMq rabbitMq;
  private final String user;
  private final String prefix;
  private final ProcessId id;
  private final Connection connection;
  private final Map<String, Runnable> declared = new LinkedHashMap<>();
  private final List<String> refusals = new ArrayList<>();
  private int names;

  private Tenant(RabbitMq rabbitMq, String user, String role) {
    this.rabbitMq = rabbitMq;
    this.user = user;
    this.id = ProcessId.create(user, "attack");
    this.prefix = role + "." + user + ".";
    this.connection = connect();
  }

  /** A company that calls {@code orders} through its own client agent. */
  static Tenant clientAgent(RabbitMq rabbitMq, String user) {
    String own = "client-agent\\." + user + "\\..+";
    rabbitMq.putUser(
        user,
        "^" + own + "$",
        "^(" + own + "|client_request|client_cancel)$",
        "^("
            + own
            + "|client_request_ack|client_request_undelivered|broker_response|broker_error)$");
    rabbitMq.putTopicPermission(
        user, "client_request", "^(" + TARGET + ")\\.{username}\\.[^.]+$", "^$");
    rabbitMq.putTopicPermission(
        user, "client_request_undelivered", "^$", "^\\*\\.{username}\\.[^.#*]+$");
    for (String exchange : List.of("client_request_ack", "broker_response", "broker_error")) {
      rabbitMq.putTopicPermission(user, exchange, "^$", "^{username}\\.[^.#*]+$");
    }
    return new Tenant(rabbitMq, user, "client-agent");
  }

  /** A company that serves {@code orders} through its own upstream agent. */
  static Tenant upstreamAgent(RabbitMq rabbitMq, String user) {
    String own = "upstream-agent\\." + user + "\\..+";
    rabbitMq.putUser(
        user,
        "^" + own + "$",
        "^(" + own + "|broker_request_ack|upstream_response|upstream_error|upstream_heartbeat)$",
        "^(" + own + "|broker_request|broker_cancel|broker_hello)$");
    String key = "^(" + TARGET + ")\\.{username}\\.[^.#*]+$";
    rabbitMq.putTopicPermission(user, "upstream_heartbeat", key, "^$");
    for (String exchange : List.of("broker_request", "broker_cancel")) {
      rabbitMq.putTopicPermission(user, exchange, "^$", key);
    }
    return new Tenant(rabbitMq, user, "upstream-agent");
  }

  /** User name and password in RabbitMQ. */
  String user() {
    return user;
  }

  /** The id of the process that the tenant claims to be. */
  ProcessId id() {
    return id;
  }

  /** A new id of a process of this user. */
  ProcessId newId() {
    return ProcessId.create(user, "attack");
  }

  /** The name of the inbox of this process; not declared yet. */
  String inbox() {
    return prefix + id.instance();
  }

  /** A new connection of this user, which the caller closes. */
  Connection connect() {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setAutomaticRecoveryEnabled(false);
    factory.setChannelRpcTimeout(RPC_TIMEOUT_MS);
    factory.setHost(rabbitMq.host());
    factory.setPort(rabbitMq.amqpPort());
    factory.setVirtualHost(RabbitMq.VHOST);
    factory.setUsername(user);
    factory.setPassword(user);
    try {
      return factory.newConnection("TenantsIT " + user);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  /** AMQP operations on a channel of their own, with publisher confirms. */
  interface ChannelAction {
    void on(Channel channel) throws IOException, InterruptedException, TimeoutException;
  }

  /**
   * Performs operations; returns once RabbitMQ has confirmed all publications.
   *
   * @return false if RabbitMQ refused an operation
   */
  boolean attempt(String operation, ChannelAction step) {
    try (Channel channel = connection.createChannel()) {
      channel.confirmSelect();
      step.on(channel);
      channel.waitForConfirms(CONFIRM_TIMEOUT_MS); // RabbitMQ may nack
      return true;
    } catch (ShutdownSignalException e) {
      return refused(operation, e);
    } catch (IOException e) {
      if (e.getCause() instanceof ShutdownSignalException shutdown) {
        return refused(operation, shutdown);
      }
      throw new UncheckedIOException(operation, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (TimeoutException e) {
      String why = e.getMessage();
      if (why != null && why.contains("closed")) {
        return refused(operation, e);
      }
      throw new IllegalStateException(operation, e);
    }
  }

  private boolean refused(String operation, Exception why) {
    String message = String.valueOf(why.getMessage());
    int from = message.indexOf("reply-text=");
    refusals.add(operation + ": " + (from < 0 ? message : message.substring(from + 11)));
    if (!connection.isOpen()) {
      throw new IllegalStateException(operation, why);
    }
    return false;
  }

  /**
   * Performs operations that RabbitMQ must allow, since an attack that RabbitMQ refuses would prove
   * nothing.
   */
  void run(ChannelAction step) {
    if (!attempt("", step)) {
      throw new IllegalStateException(
          "RabbitMQ refused an operation that the attack needs: " + refusals);
    }
  }

  /** The operations that RabbitMQ has refused so far, with its reasons. */
  List<String> refusals() {
    return refusals;
  }

  /** A new name that this tenant may declare. */
  String newName(String operation) {
    names++;
    return prefix + id.instance() + "." + operation + "-" + names;
  }

  /** Declares an exchange with a new name. */
  String exchange(String type, Map<String, Object> arguments) {
    String name = newName("exchange");
    run(channel -> channel.exchangeDeclare(name, type, true, false, arguments));
    declared.put(name, () -> run(channel -> channel.exchangeDelete(name)));
    return name;
  }

  /** Declares a queue with a new name; a classic one unless the arguments have another type. */
  String queue(Map<String, Object> arguments) {
    return queue(newName("queue"), arguments);
  }

  /** Declares a queue; a classic one unless the arguments have another type. */
  String queue(String name, Map<String, Object> arguments) {
    Map<String, Object> all = new HashMap<>(arguments);
    all.putIfAbsent("x-queue-type", "classic");
    run(channel -> channel.queueDeclare(name, true, false, false, all));
    declared.put(name, () -> run(channel -> channel.queueDelete(name)));
    return name;
  }

  /** Declares an exchange that routes all messages to one of the tenant's queues. */
  String exchangeFor(String queue) {
    String name = exchange("fanout", Map.of());
    run(channel -> channel.queueBind(queue, name, ""));
    return name;
  }

  /** The message properties that an honest process uses for a type. */
  BasicProperties.Builder properties(String type) {
    return new BasicProperties.Builder()
        .contentType("application/json")
        .type(type)
        .appId("http-longcut")
        .userId(user)
        .deliveryMode(1)
        .messageId(id + "/1");
  }

  /** Publishes an event with AMQP headers. */
  void publish(
      Channel channel, String exchange, String key, Event event, Map<String, Object> headers)
      throws IOException {
    BasicProperties properties =
        properties(event.type().wireName()).headers(new HashMap<>(headers)).build();
    channel.basicPublish(exchange, key, properties, EventCodec.encode(event));
  }

  /** Deletes all declared exchanges and queues. */
  void cleanUp() {
    Collection<Runnable> all = List.copyOf(declared.values());
    declared.clear();
    all.forEach(Runnable::run);
    refusals.clear();
  }

  /** Closes the connection and deletes the user. */
  @Override
  public void close() {
    try {
      cleanUp();
      connection.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      rabbitMq.deleteUser(user);
    }
  }
}
