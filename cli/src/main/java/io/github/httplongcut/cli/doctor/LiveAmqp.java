package io.github.httplongcut.cli.doctor;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.sources.AmqpAccess;
import io.github.httplongcut.cli.sources.OpenConnection;
import io.github.httplongcut.cli.sources.Reasons;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A real RabbitMQ. Needs one connection, and a second one for a moment: RabbitMQ may limit the
 * connections of a user, and refuses those of the user's processes beyond the limit.
 */
final class LiveAmqp implements AmqpView, AutoCloseable {

  private static final String NAME = "longcut doctor";

  /**
   * Time within which RabbitMQ tells a publisher that it blocks it, after it has read a message.
   */
  private static final long BLOCKED_AFTER_MS = 700;

  private final AmqpAccess access;
  private final Once<Login> login;
  private final Map<Address, Once<Greeting>> greetings = new ConcurrentHashMap<>();

  @GuardedBy("connections")
  private final List<OpenConnection> connections = new ArrayList<>();

  private volatile FewChannels channels;

  LiveAmqp(AmqpAccess access) {
    this.access = access;
    this.login = new Once<>(this::logIn);
  }

  @Override
  public AmqpConfig config() {
    return access.config();
  }

  @Override
  public Greeting greeting(Address node) throws Exception {
    return greetings
        .computeIfAbsent(node, each -> new Once<>(() -> AmqpGreeting.of(each, config().tls())))
        .get();
  }

  @Override
  public Login login() throws Exception {
    return login.get();
  }

  private Login logIn() throws Exception {
    Optional<String> refusal = access.refusal();
    if (refusal.isPresent()) {
      return new Login(LoginState.UNENCRYPTED, refusal.get(), "");
    }
    List<Address> nodes = responding();
    if (nodes.isEmpty()) {
      return new Login(LoginState.FAILED, "no node of RabbitMQ answers", "");
    }
    try {
      Connection connection = open(NAME, nodes).connection();
      channels = new FewChannels(connection);
      return new Login(LoginState.LOGGED_IN, "", version(connection));
    } catch (CommandFailedException e) {
      return refusal(e);
    }
  }

  private OpenConnection open(String name, List<Address> nodes) {
    OpenConnection opened = access.connect(name, nodes);
    synchronized (connections) {
      connections.add(opened);
    }
    return opened;
  }

  private static String version(Connection connection) {
    Object version = connection.getServerProperties().get("version");
    return version == null ? "" : version.toString();
  }

  private static Login refusal(CommandFailedException failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof AuthenticationFailureException
          || each instanceof PossibleAuthenticationFailureException) {
        return new Login(LoginState.REFUSED, Reasons.of(each), "");
      }
      if (each instanceof ShutdownSignalException signal
          && signal.getReason() instanceof AMQP.Connection.Close close
          && close.getReplyCode() == AMQP.NOT_ALLOWED) {
        return new Login(vhostState(close.getReplyText()), close.getReplyText(), "");
      }
    }
    return new Login(LoginState.FAILED, failure.getMessage(), "");
  }

  /** RabbitMQ has one code for several reasons, and tells them apart in the text only. */
  private static LoginState vhostState(String text) {
    if (text.contains("limit")) {
      return LoginState.LIMITED;
    }
    return text.contains("not found") ? LoginState.NO_VHOST : LoginState.VHOST_REFUSED;
  }

  @Override
  public boolean hasExchange(String name) throws Exception {
    return exists("exchange " + name, channel -> channel.exchangeDeclarePassive(name)).isPresent();
  }

  @Override
  public Optional<QueueCounts> queue(String name) throws Exception {
    return exists("queue " + name, channel -> channel.queueDeclarePassive(name))
        .map(found -> new QueueCounts(found.getMessageCount(), found.getConsumerCount()));
  }

  private interface Passive<T> {
    T declare(Channel channel) throws IOException;
  }

  /** RabbitMQ needs a permission for a passive declaration from 4.3 on, and before that none. */
  private <T> Optional<T> exists(String what, Passive<T> declaration) throws Exception {
    requireLogin();
    return channels.use(channel -> exists(channel, what, declaration));
  }

  private <T> Optional<T> exists(Channel channel, String what, Passive<T> declaration)
      throws IOException {
    try {
      T found = declaration.declare(channel);
      channel.close();
      return Optional.of(found);
    } catch (TimeoutException e) {
      throw new IOException("RabbitMQ did not close a channel in time", e);
    } catch (IOException e) {
      if (e.getCause() instanceof ShutdownSignalException signal
          && signal.getReason() instanceof AMQP.Channel.Close close) {
        if (close.getReplyCode() == AMQP.NOT_FOUND) {
          return Optional.empty();
        }
        if (close.getReplyCode() == AMQP.ACCESS_REFUSED) {
          throw new HiddenException(config().user(), what);
        }
      }
      throw e;
    }
  }

  private void requireLogin() {
    if (channels == null) {
      throw new SkippedException("there is no connection to RabbitMQ");
    }
  }

  @Override
  public UserRights rights(String inbox, String probe) {
    requireLogin();
    return new LiveRights(channels, inbox, probe);
  }

  /**
   * Publishes a message with a routing key that no queue is bound with, so that RabbitMQ returns
   * it. RabbitMQ reads nothing more from a connection that it blocks, so this one is not used
   * again.
   */
  @Override
  public Optional<String> blocked(AccessAttempt publication) throws Exception {
    requireLogin();
    OpenConnection own = openIfAllowed(NAME + " alarm", responding());
    try {
      return blocked(own.connection(), publication);
    } finally {
      closeSoon(own);
    }
  }

  private static Optional<String> blocked(Connection own, AccessAttempt publication)
      throws Exception {
    CompletableFuture<Optional<String>> reason = new CompletableFuture<>();
    own.addBlockedListener(why -> reason.complete(Optional.of(why)), () -> {});
    Channel channel = own.createChannel();
    channel.basicPublish(publication.name(), publication.routingKey(), true, null, new byte[0]);
    return reason
        .completeOnTimeout(Optional.empty(), BLOCKED_AFTER_MS, TimeUnit.MILLISECONDS)
        .get();
  }

  /**
   * Opens a second connection of the user.
   *
   * @throws SkippedException if RabbitMQ allows the user no further connection
   */
  private OpenConnection openIfAllowed(String name, List<Address> nodes) {
    try {
      return open(name, nodes);
    } catch (CommandFailedException e) {
      Login refused = refusal(e);
      if (refused.state() == LoginState.LIMITED) {
        throw new SkippedException(
            "RabbitMQ allows the user no further connection: " + refused.detail());
      }
      throw e;
    }
  }

  @Override
  public OpenConnections openConnections(Address address, int number) throws IOException {
    Opened opened = new Opened(new ArrayList<>(), new ArrayList<>());
    try {
      for (int i = 1; i <= number; i++) {
        OpenConnection connection =
            openIfAllowed(NAME + ' ' + address + " #" + i, List.of(address));
        opened.connections.add(connection);
        opened.queues.add(exclusiveQueue(connection.connection()));
      }
      return opened;
    } catch (RuntimeException | IOException e) {
      opened.close();
      throw e;
    }
  }

  /** Declares a queue that RabbitMQ names, and that ends with its connection. */
  private String exclusiveQueue(Connection connection) throws IOException {
    try {
      return connection.createChannel().queueDeclare().getQueue();
    } catch (IOException e) {
      if (e.getCause() instanceof ShutdownSignalException signal
          && signal.getReason() instanceof AMQP.Channel.Close close
          && close.getReplyCode() == AMQP.ACCESS_REFUSED) {
        throw new SkippedException("user %s may not declare a queue".formatted(config().user()));
      }
      throw e;
    }
  }

  private record Opened(List<String> queues, List<OpenConnection> connections)
      implements OpenConnections {

    @Override
    public void close() {
      connections.forEach(LiveAmqp::closeSoon);
    }
  }

  /** Closes all connections, without waiting for a RabbitMQ that does not answer. */
  @Override
  public void close() {
    List<OpenConnection> all;
    synchronized (connections) {
      all = List.copyOf(connections);
    }
    all.forEach(LiveAmqp::closeSoon);
  }

  private static void closeSoon(OpenConnection connection) {
    Thread closer = new Thread(connection::close, "doctor closes");
    closer.setDaemon(true);
    closer.start();
  }
}
