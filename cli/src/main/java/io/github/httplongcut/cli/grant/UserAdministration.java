package io.github.httplongcut.cli.grant;

import static io.github.httplongcut.cli.sources.ManagementClient.encoded;

import com.fasterxml.jackson.databind.JsonNode;
import com.rabbitmq.http.client.Client;
import com.rabbitmq.http.client.domain.TopicPermissions;
import com.rabbitmq.http.client.domain.UserPermissions;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.doctor.DeclaredRights;
import io.github.httplongcut.cli.doctor.DeclaredRights.Permission;
import io.github.httplongcut.cli.doctor.DeclaredRights.TopicPermission;
import io.github.httplongcut.cli.doctor.GrantedRights;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.cli.sources.ManagementClient;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * RabbitMQ's users, by the management API. Every method blocks, and fails with a {@link
 * io.github.httplongcut.cli.CommandFailedException}.
 */
final class UserAdministration {

  private final ManagementClient management;
  private final Client client;
  private final String vhost;

  UserAdministration(ManagementClient management) {
    this.management = management;
    this.client = management.client();
    this.vhost = management.vhost();
  }

  /** Returns the vhost of the permissions. */
  String vhost() {
    return vhost;
  }

  /** Returns the user of the login. */
  String login() {
    return management.user();
  }

  /** Returns whether the vhost exists. */
  boolean hasVhost() {
    return management.find("/api/vhosts/" + encoded(vhost)).isPresent();
  }

  /**
   * Checks that the vhost exists.
   *
   * @throws CommandFailedException if not
   */
  void requireVhost() {
    if (!hasVhost()) {
      throw new CommandFailedException(
          "RabbitMQ has no vhost '" + vhost + "'; name another one with --vhost");
    }
  }

  /**
   * Returns those of the names that an exchange or a queue of the vhost has. Reads no complete
   * list, which every user could make too long to read.
   *
   * @param names fewer than a page, without a character that has a meaning in a regular expression
   */
  Set<String> existing(Set<String> names) {
    String expression = "^(" + String.join("|", new TreeSet<>(names)) + ")$";
    Set<String> existing = new HashSet<>();
    for (String kind : List.of("exchanges", "queues")) {
      existing.addAll(management.names(kind, expression, 1));
    }
    return existing;
  }

  /** Returns the remover of users' queues, exchanges and bindings in the vhost. */
  TraceRemover traces() {
    return traces(vhost);
  }

  /** Returns the remover of users' queues, exchanges and bindings in another vhost. */
  TraceRemover traces(String otherVhost) {
    return new TraceRemover(management.in(otherVhost));
  }

  /** Returns the user; empty if RabbitMQ has none of this name. */
  Optional<UserState> find(String name) {
    return management.find(userPath(name)).map(this::state);
  }

  /** Returns all users. */
  List<UserState> all() {
    List<UserState> users = new ArrayList<>();
    management.get("/api/users").forEach(user -> users.add(state(user)));
    return users;
  }

  /** Returns the users with the permission to configure that brokers have. */
  BrokerUsers brokers() {
    Set<String> names = new HashSet<>();
    for (JsonNode each : management.get("/api/vhosts/" + encoded(vhost) + "/permissions")) {
      String name = each.path("user").asText();
      DeclaredRights rights =
          new DeclaredRights(name, vhost, Optional.of(permission(each)), Map.of());
      if (GrantedRights.roleOf(rights).filter(Role.BROKER::equals).isPresent()) {
        names.add(name);
      }
    }
    return new BrokerUsers(vhost, names);
  }

  private static Permission permission(JsonNode json) {
    return new Permission(
        json.path("configure").asText(), json.path("write").asText(), json.path("read").asText());
  }

  private UserState state(JsonNode user) {
    String name = user.path("name").asText();
    Set<String> tags = new LinkedHashSet<>();
    user.path("tags").forEach(tag -> tags.add(tag.asText()));
    Optional<Permission> permission = Optional.empty();
    Set<String> otherVhosts = new HashSet<>();
    for (JsonNode each : management.get(userPath(name) + "/permissions")) {
      if (each.path("vhost").asText().equals(vhost)) {
        permission = Optional.of(permission(each));
      } else {
        otherVhosts.add(each.path("vhost").asText());
      }
    }
    return new UserState(
        name,
        tags,
        new PasswordHash(
            user.path("hashing_algorithm").asText(), user.path("password_hash").asText()),
        new DeclaredRights(name, vhost, permission, topics(name)),
        otherVhosts,
        UserLimits.of(user.path("limits")));
  }

  private Map<String, TopicPermission> topics(String name) {
    Map<String, TopicPermission> topics = new HashMap<>();
    for (JsonNode each : management.get(userPath(name) + "/topic-permissions")) {
      if (each.path("vhost").asText().equals(vhost)) {
        topics.put(
            each.path("exchange").asText(),
            new TopicPermission(each.path("write").asText(), each.path("read").asText()));
      }
    }
    return topics;
  }

  /** Creates a user who cannot log in yet, because it has no password. */
  void createWithoutPassword(String name) {
    client.createUserWithPasswordHash(name, new char[0], List.of());
  }

  /** Sets the password. Open connections stay open. */
  void setPassword(String name, Secret password) {
    client.updateUser(name, password.value().toCharArray(), List.of());
  }

  /**
   * Sets the permissions in the vhost. Topic permissions come first: a user without any for an
   * exchange may use every routing key.
   */
  void setRights(DeclaredRights rights) {
    rights
        .topics()
        .forEach((exchange, topic) -> setTopicPermission(rights.user(), exchange, topic));
    setPermission(rights.user(), rights.permission().orElseThrow());
  }

  /** Sets the permission in the vhost. */
  void setPermission(String user, Permission permission) {
    UserPermissions wanted = new UserPermissions();
    wanted.setConfigure(permission.configure());
    wanted.setWrite(permission.write());
    wanted.setRead(permission.read());
    client.updatePermissions(vhost, user, wanted);
  }

  /** Deletes all topic permissions in the vhost. RabbitMQ cannot delete one of them. */
  void deleteTopicPermissions(String user) {
    management.delete("/api/topic-permissions/" + encoded(vhost) + '/' + encoded(user));
  }

  private void setTopicPermission(String user, String exchange, TopicPermission topic) {
    TopicPermissions wanted = new TopicPermissions();
    wanted.setExchange(exchange);
    wanted.setWrite(topic.write());
    wanted.setRead(topic.read());
    client.updateTopicPermissions(vhost, user, wanted);
  }

  /** Sets the limits of the user, in all vhosts. */
  void setLimits(String name, UserLimits limits) {
    setLimit(name, UserLimits.MAX_CONNECTIONS, limits.connections());
    setLimit(name, UserLimits.MAX_CHANNELS, limits.channels());
  }

  private void setLimit(String name, String limit, int value) {
    String path = "/api/user-limits/" + encoded(name) + '/' + limit;
    if (value < 0) {
      management.delete(path);
    } else {
      management.put(path, JsonOutput.object().put("value", value));
    }
  }

  /** Deletes the user with its permissions and limits. Does nothing if there is none. */
  void delete(String name) {
    client.deleteUser(name);
  }

  /**
   * Returns the names of the user's connections, as RabbitMQ tracks them: without delay. RabbitMQ
   * before 3.10.8 answers 404 for a user without connections, and cannot list those of others.
   */
  Set<String> connections(String user) {
    Set<String> names = new HashSet<>();
    management
        .get("/api/connections/username/" + encoded(user), "3.10.8")
        .forEach(connection -> names.add(connection.path("name").asText()));
    return names;
  }

  /**
   * Closes all connections of the user.
   *
   * @return false if RabbitMQ has failed, and some may be left: it fails if one of them ends by
   *     itself meanwhile
   */
  boolean closeConnections(String user) {
    return management.tryDelete("/api/connections/username/" + encoded(user));
  }

  private static String userPath(String name) {
    return "/api/users/" + encoded(name);
  }
}
