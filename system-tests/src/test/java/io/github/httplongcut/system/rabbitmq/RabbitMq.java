package io.github.httplongcut.system.rabbitmq;

import com.fasterxml.jackson.databind.JsonNode;
import com.rabbitmq.client.AMQP.Queue.DeclareOk;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.github.httplongcut.amqp.Topology;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real RabbitMQ with the project's definitions and demo users. Tests get the shared one as a
 * parameter, by {@link RabbitMqExtension}; a test that stops RabbitMQ takes one of its own with
 * {@link #dedicated} and closes it.
 *
 * <p>For one thread at a time. Every method blocks; a failure is an {@link IllegalStateException}
 * or {@link UncheckedIOException}.
 */
public final class RabbitMq implements AutoCloseable {

  /** The vhost of the definitions. */
  public static final String VHOST = "longcut";

  private static final Logger log = LoggerFactory.getLogger(RabbitMq.class);
  private static final int CONNECT_TIMEOUT_MS = 10_000;

  private final RabbitMqServer server;

  private RabbitMq(RabbitMqServer server) {
    this.server = server;
  }

  static RabbitMq shared() {
    RabbitMqChoice choice = RabbitMqChoice.forSharedUse();
    RabbitMq rabbitMq = new RabbitMq(choice.open());
    log.info("these tests run on RabbitMQ {} ({})", rabbitMq.version(), choice);
    return rabbitMq;
  }

  /** A RabbitMQ that no other test uses; takes some seconds to start. */
  public static RabbitMq dedicated() {
    return new RabbitMq(RabbitMqChoice.forDedicatedUse().open());
  }

  /**
   * A cluster of three nodes that no other test uses, with {@code definitions-cluster.json}. What
   * stops and starts is one node of it: the one that leads {@code client_request}.
   */
  public static RabbitMq cluster() {
    return new RabbitMq(new ClusterRabbitMq());
  }

  /** With user, password and vhost; stays the same over {@link #stop} and {@link #start}. */
  public URI amqpUri(RabbitMqUser user) {
    URI uri = server.amqpUri();
    return URI.create(
        "%s://%s:%s@%s:%d%s"
            .formatted(
                uri.getScheme(), user.login(), user.login(), host(), amqpPort(), uri.getRawPath()));
  }

  /** Where RabbitMQ is reached. */
  public String host() {
    return server.amqpUri().getHost();
  }

  /** For AMQP. */
  public int amqpPort() {
    int port = server.amqpUri().getPort();
    return port >= 0 ? port : ConnectionFactory.DEFAULT_AMQP_PORT;
  }

  /** For AMQP, of all nodes. */
  public List<Integer> amqpPorts() {
    return server.amqpPorts().isEmpty() ? List.of(amqpPort()) : server.amqpPorts();
  }

  /** The management API's and UI's address, without a path; {@link RabbitMqUser#ADMIN} logs in. */
  public URI managementUri() {
    return server
        .managementUri()
        .orElseThrow(
            () ->
                new IllegalStateException("this test needs " + RabbitMqChoice.MANAGEMENT_VARIABLE));
  }

  /**
   * A new connection, which the caller closes.
   *
   * @param name what the management UI calls it
   */
  public Connection connect(RabbitMqUser user, String name) {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setAutomaticRecoveryEnabled(false);
    factory.setConnectionTimeout(CONNECT_TIMEOUT_MS);
    factory.setChannelRpcTimeout(CONNECT_TIMEOUT_MS);
    try {
      factory.setUri(amqpUri(user));
      return factory.newConnection(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs {@code rabbitmqctl} and returns what it printed. */
  public String ctl(String... arguments) {
    return server.ctl(arguments);
  }

  /** Runs {@code rabbitmqctl import_definitions} with a file of this machine. */
  public void importDefinitions(Path file) {
    server.importDefinitions(file);
  }

  /** RabbitMQ closes every connection and takes no more; transient messages are lost. */
  public void stop() {
    server.stop();
  }

  /** Ends the node without a warning, as SIGKILL does. */
  public void kill() {
    server.kill();
  }

  /** Up again after {@link #stop} or {@link #kill}, on the same ports. */
  public void start() {
    server.start();
  }

  /** Empties the shared queues. Inboxes have names of their own, and RabbitMQ drops them itself. */
  public void purge() {
    asAdmin(
        channel -> {
          channel.queuePurge(Topology.CLIENT_REQUEST_QUEUE);
          channel.queuePurge(Topology.ORPHAN);
          return null;
        });
  }

  /** How many messages wait in the queue, not counting those that a consumer holds. */
  public int messagesReady(String queue) {
    return asAdmin(channel -> channel.queueDeclarePassive(queue)).getMessageCount();
  }

  /** How many consumers the queue has. */
  public int consumers(String queue) {
    DeclareOk declared = asAdmin(channel -> channel.queueDeclarePassive(queue));
    return declared.getConsumerCount();
  }

  /** The names of the vhost's queues. */
  public List<String> queueNames() {
    return management("/api/queues/" + VHOST).findValuesAsText("name");
  }

  /**
   * The vhost's connections as the management API shows them ({@code user}, {@code
   * client_properties.connection_name}, …), some of it up to five seconds old.
   */
  public List<JsonNode> connections() {
    List<JsonNode> connections = new ArrayList<>();
    management("/api/vhosts/" + VHOST + "/connections").forEach(connections::add);
    return connections;
  }

  /** What the management API answers to a GET of that path, such as {@code /api/overview}. */
  public JsonNode management(String path) {
    return managementApi().get(path);
  }

  /**
   * Makes a user without tags, whose password is its name, with those permissions in the vhost; or
   * changes it.
   */
  public void putUser(String name, String configure, String write, String read) {
    managementApi().put("/api/users/" + name, Map.of("password", name, "tags", ""));
    managementApi()
        .put(
            "/api/permissions/" + VHOST + "/" + name,
            Map.of("configure", configure, "write", write, "read", read));
  }

  /** Limits the routing keys that the user may write to that exchange, and bind to it. */
  public void putTopicPermission(String user, String exchange, String write, String read) {
    managementApi()
        .put(
            "/api/topic-permissions/" + VHOST + "/" + user,
            Map.of("exchange", exchange, "write", write, "read", read));
  }

  /** Deletes a user; RabbitMQ closes its connections. */
  public void deleteUser(String name) {
    managementApi().delete("/api/users/" + name);
  }

  private ManagementApi managementApi() {
    return new ManagementApi(managementUri(), RabbitMqUser.ADMIN);
  }

  @Override
  public void close() {
    server.close();
  }

  /** The version that RabbitMQ says it has, such as {@code 3.10.8}. */
  public String version() {
    return asAdmin(
        channel -> String.valueOf(channel.getConnection().getServerProperties().get("version")));
  }

  private interface ChannelCall<T> {
    T on(Channel channel) throws IOException;
  }

  private <T> T asAdmin(ChannelCall<T> call) {
    try (Connection connection = connect(RabbitMqUser.ADMIN, "system test")) {
      return call.on(connection.createChannel());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
