package io.github.httplongcut.system.rabbitmq;

import com.fasterxml.jackson.databind.JsonNode;
import com.rabbitmq.client.AMQP.Queue.DeclareOk;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.testkit.RabbitMqNode;
import io.github.httplongcut.testkit.RabbitMqUser;
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
 * A real RabbitMQ with the project's definitions and demo users. {@link RabbitMqExtension} passes a
 * shared one to tests as a parameter. A test that stops RabbitMQ starts its own with {@link
 * #dedicated} and closes it.
 *
 * <p>For one thread at a time. Every method blocks; a failure is an {@link IllegalStateException}
 * or {@link UncheckedIOException}.
 */
public final class RabbitMq implements AutoCloseable {

  /** The vhost of the definitions. */
  public static final String VHOST = RabbitMqNode.VHOST;

  private static final Logger log = LoggerFactory.getLogger(RabbitMq.class);
  private static final int CONNECT_TIMEOUT_MS = 10_000;

  private final RabbitMqServer server;

  private RabbitMq(RabbitMqServer server) {
    this.server = server;
  }

  static RabbitMq shared() {
    RabbitMqChoice choice = RabbitMqChoice.forSharedUse();
    RabbitMq rabbitMq = new RabbitMq(choice.open());
    log.info("running on RabbitMQ {} ({})", rabbitMq.version(), choice);
    return rabbitMq;
  }

  /** A RabbitMQ that no other test uses; takes some seconds to start. */
  public static RabbitMq dedicated() {
    return new RabbitMq(RabbitMqChoice.forDedicatedUse().open());
  }

  /**
   * A cluster of three nodes that no other test uses, with {@code definitions-cluster.json}. The
   * methods {@link #stop}, {@link #kill} and {@link #start} affect one node: the leader of {@code
   * client_request}.
   */
  public static RabbitMq cluster() {
    return new RabbitMq(new ClusterRabbitMq());
  }

  /**
   * The AMQP URI with user, password and vhost. Does not change with {@link #stop} and {@link
   * #start}.
   */
  public URI amqpUri(RabbitMqUser user) {
    URI uri = server.amqpUri();
    return URI.create(
        "%s://%s:%s@%s:%d%s"
            .formatted(
                uri.getScheme(), user.login(), user.login(), host(), amqpPort(), uri.getRawPath()));
  }

  /** RabbitMQ's host. */
  public String host() {
    return server.amqpUri().getHost();
  }

  /** RabbitMQ's AMQP port. */
  public int amqpPort() {
    int port = server.amqpUri().getPort();
    return port >= 0 ? port : ConnectionFactory.DEFAULT_AMQP_PORT;
  }

  /** The AMQP ports of all nodes. */
  public List<Integer> amqpPorts() {
    return server.amqpPorts().isEmpty() ? List.of(amqpPort()) : server.amqpPorts();
  }

  /** The management API's and UI's address, without a path; {@link RabbitMqUser#ADMIN} logs in. */
  public URI managementUri() {
    return server
        .managementUri()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "this test needs RabbitMQ's management API: set "
                        + RabbitMqChoice.MANAGEMENT_VARIABLE));
  }

  /**
   * Opens a connection, which the caller closes.
   *
   * @param name the connection name that the management UI shows
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

  /** Runs {@code rabbitmqctl} and returns its output. */
  public String ctl(String... arguments) {
    return server.ctl(arguments);
  }

  /** Runs {@code rabbitmqctl import_definitions} with a local file. */
  public void importDefinitions(Path file) {
    server.importDefinitions(file);
  }

  /** Stops RabbitMQ, which closes every connection. Transient messages are lost. */
  public void stop() {
    server.stop();
  }

  /** Kills RabbitMQ with SIGKILL. */
  public void kill() {
    server.kill();
  }

  /** Suspends RabbitMQ: it accepts connections, and answers nothing. */
  public void freeze() {
    server.freeze();
  }

  /** Resumes RabbitMQ after {@link #freeze}. */
  public void thaw() {
    server.thaw();
  }

  /** Starts RabbitMQ again after {@link #stop} or {@link #kill}, on the same ports. */
  public void start() {
    server.start();
  }

  /** Purges the shared queues. Inboxes have unique names and expire by themselves. */
  public void purge() {
    asAdmin(
        channel -> {
          channel.queuePurge(Topology.CLIENT_REQUEST_QUEUE);
          channel.queuePurge(Topology.ORPHAN);
          return null;
        });
  }

  /** Number of messages ready in the queue, without those that a consumer has not acked yet. */
  public int messagesReady(String queue) {
    return asAdmin(channel -> channel.queueDeclarePassive(queue)).getMessageCount();
  }

  /**
   * Takes all messages that are ready in the queue; returns the AMQP property {@code type} of each.
   */
  public List<String> takeTypes(String queue) {
    return asAdmin(
        channel -> {
          List<String> types = new ArrayList<>();
          for (GetResponse each = channel.basicGet(queue, true);
              each != null;
              each = channel.basicGet(queue, true)) {
            types.add(each.getProps().getType());
          }
          return types;
        });
  }

  /** Number of consumers of the queue. */
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
   * client_properties.connection_name}, …). Some values are up to five seconds old.
   */
  public List<JsonNode> connections() {
    List<JsonNode> connections = new ArrayList<>();
    management("/api/vhosts/" + VHOST + "/connections").forEach(connections::add);
    return connections;
  }

  /** The management API's response to a GET of a path such as {@code /api/overview}. */
  public JsonNode management(String path) {
    return managementApi().get(path);
  }

  /**
   * Creates or changes a user without tags, with its name as password and with these permissions in
   * the vhost.
   */
  public void putUser(String name, String configure, String write, String read) {
    managementApi().put("/api/users/" + name, Map.of("password", name, "tags", ""));
    managementApi()
        .put(
            "/api/permissions/" + VHOST + "/" + name,
            Map.of("configure", configure, "write", write, "read", read));
  }

  /** Limits the routing keys with which the user may publish to an exchange and bind to it. */
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

  /** A client of the management API that logs in as {@link RabbitMqUser#ADMIN}. */
  public ManagementApi managementApi() {
    return new ManagementApi(managementUri(), RabbitMqUser.ADMIN);
  }

  @Override
  public void close() {
    server.close();
  }

  /** RabbitMQ's version, such as {@code 3.10.8}. */
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
