package io.github.httplongcut.cli.sources;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.LoginConnectionFactory;
import io.github.httplongcut.amqp.LoginException;
import io.github.httplongcut.cli.CommandFailedException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/** Address of RabbitMQ, and the login for it. */
public final class AmqpAccess {

  /** Time for each node of a cluster at least, even if all nodes together then get too little. */
  private static final int MIN_NODE_TIMEOUT_MS = 500;

  private final RelaySettings settings;
  private final AmqpConfig config;
  private final Duration limit;

  /**
   * @param limit longest time for connecting, and for each call
   */
  AmqpAccess(RelaySettings settings, Duration limit) {
    this.settings = settings;
    this.config = settings.amqp();
    this.limit = limit;
  }

  /** Returns the settings, whose {@code toString} shows no password. */
  public AmqpConfig config() {
    return config;
  }

  /** Returns the nodes, the user and the vhost for a message: {@code 127.0.0.1:5672, vhost x}. */
  public String address() {
    String nodes = String.join(", ", config.addresses().stream().map(Object::toString).toList());
    return nodes + ", vhost " + config.virtualHost();
  }

  /**
   * Returns the reason why no login is sent: an address of another machine has no TLS, and the
   * settings do not allow that.
   */
  public Optional<String> refusal() {
    return settings
        .refusedInPlainText()
        .map(
            address ->
                address
                    + " is not a loopback address, and amqp:// would send the password there without"
                    + " encryption: use amqps://, or set longcut.amqp.plain-text = allowed"
                    + " (LONGCUT_AMQP_PLAIN_TEXT) if nobody else can read the traffic");
  }

  /**
   * Connects to one of the nodes, without automatic recovery. Takes a limited time; so does each
   * call on a channel of the connection.
   *
   * @param name name of the connection in RabbitMQ's management UI
   * @throws CommandFailedException if there is a {@link #refusal()}, or no connection
   */
  public OpenConnection connect(String name) {
    return connect(name, config.addresses());
  }

  /** Connects to one of these nodes. */
  public OpenConnection connect(String name, List<AmqpConfig.Address> nodes) {
    refusal()
        .ifPresent(
            why -> {
              throw CommandFailedException.usage(why);
            });
    ConnectionFactory factory = factory(nodes.size());
    List<Address> addresses =
        nodes.stream().map(node -> new Address(node.host(), node.port())).toList();
    AtomicBoolean abandoned = new AtomicBoolean();
    String source = "RabbitMQ at " + address();
    try {
      return new OpenConnection(
          TimeLimit.run(
              limit,
              source,
              () -> connect(factory, addresses, name, abandoned),
              () -> abandoned.set(true)));
    } catch (PossibleAuthenticationFailureException e) {
      throw new CommandFailedException(
          "%s refuses the login of the user '%s'; check user, password and vhost in --amqp or"
                  .formatted(source, config.user())
              + " LONGCUT_AMQP_URI, or the password file",
          e);
    } catch (LoginException e) {
      throw new CommandFailedException(e.getMessage(), e);
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot connect to %s: %s; check that RabbitMQ runs, and --amqp or LONGCUT_AMQP_URI"
              .formatted(source, Reasons.of(e)),
          e);
    }
  }

  private Connection connect(
      ConnectionFactory factory, List<Address> addresses, String name, AtomicBoolean abandoned)
      throws IOException {
    try {
      Connection connection = factory.newConnection(addresses, name);
      if (abandoned.get()) {
        connection.abort();
      }
      return connection;
    } catch (TimeoutException | SocketTimeoutException e) {
      // The AMQP client has the same limit, and may notice it first.
      throw TimeLimit.failure(limit, "RabbitMQ at " + address(), e);
    }
  }

  private ConnectionFactory factory(int nodes) {
    int limitMs = (int) limit.toMillis();
    int eachNode = Math.max(MIN_NODE_TIMEOUT_MS, limitMs / nodes);
    ConnectionFactory factory = loginFactory(config);
    factory.setConnectionTimeout(eachNode);
    factory.setHandshakeTimeout(eachNode);
    factory.setChannelRpcTimeout(limitMs);
    factory.setShutdownTimeout(limitMs);
    factory.setThreadFactory(
        task -> {
          Thread thread = new Thread(task, "AMQP");
          thread.setDaemon(true);
          return thread;
        });
    return factory;
  }

  private static ConnectionFactory loginFactory(AmqpConfig config) {
    try {
      return new LoginConnectionFactory(config);
    } catch (IllegalArgumentException e) {
      throw new CommandFailedException(e.getMessage(), e);
    }
  }
}
