package io.github.httplongcut.cli.doctor;

import static io.github.httplongcut.cli.doctor.AccessAttempt.configure;
import static io.github.httplongcut.cli.doctor.AccessAttempt.read;
import static io.github.httplongcut.cli.doctor.AccessAttempt.readKey;
import static io.github.httplongcut.cli.doctor.AccessAttempt.write;
import static io.github.httplongcut.cli.doctor.AccessAttempt.writeKey;

import io.github.httplongcut.cli.doctor.DeclaredRights.Permission;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.protocol.Names;
import io.github.httplongcut.protocol.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Rights that a user of a role needs, and rights that it must not have (docs/protocol.md section
 * 8). They are named by attempts with the id of a process that does not exist.
 *
 * @param role the user's role
 * @param user the RabbitMQ user
 * @param probe the part of a process id after the user: {@code doctor-k3v7qa}
 */
record RoleRights(Role role, String user, String probe) {

  /** A user that nobody has: its rights must be out of reach. */
  static final String STRANGER = "longcut-doctor-stranger";

  /** A target that nobody has. */
  private static final String NO_TARGET = "longcut-doctor-target";

  private static final Pattern PLAIN_VHOST = Pattern.compile("[A-Za-z0-9_/][A-Za-z0-9_./-]*");

  /** RabbitMQ's name of the default exchange in permissions. */
  private static final String DEFAULT_EXCHANGE = "amq.default";

  private static final List<String> CLIENT_WRITES = List.of("client_request", "client_cancel");
  private static final List<String> CLIENT_READS =
      List.of(
          "client_request_ack", "client_request_undelivered", "broker_response", "broker_error");
  private static final List<String> BROKER_WRITES =
      List.of(
          "client_request_ack",
          "broker_request",
          "broker_cancel",
          "broker_response",
          "broker_error",
          "broker_hello",
          "broker_status");
  private static final List<String> BROKER_READS =
      List.of(
          "client_request",
          "orphan",
          "broker_request_ack",
          "broker_request_undelivered",
          "upstream_response",
          "upstream_error",
          "upstream_heartbeat",
          "client_cancel",
          "broker_status");
  private static final List<String> UPSTREAM_WRITES =
      List.of("broker_request_ack", "upstream_response", "upstream_error", "upstream_heartbeat");
  private static final List<String> UPSTREAM_READS =
      List.of("broker_request", "broker_cancel", "broker_hello");

  /** Exchanges whose keys contain a client agent's id alone. */
  static final List<String> KEYS_OF_CLIENTS =
      List.of("client_request_ack", "broker_response", "broker_error");

  /**
   * Returns the user's role: the one whose inbox the user may declare. If it may declare none, the
   * role whose exchanges it may publish to or bind to; empty if there is none.
   */
  static Optional<Role> roleOf(UserRights rights, String user, String probe) throws Exception {
    for (Role role : Role.values()) {
      if (rights.allow(configure(role.key() + '.' + user + '.' + probe))) {
        return Optional.of(role);
      }
    }
    for (Role role : Role.values()) {
      if (rights.allow(write(characteristicWrite(role)))
          || rights.allow(read(characteristicRead(role)))) {
        return Optional.of(role);
      }
    }
    return Optional.empty();
  }

  /** Returns an exchange that only this role may publish to. */
  private static String characteristicWrite(Role role) {
    return switch (role) {
      case CLIENT_AGENT -> "client_request";
      case BROKER -> "broker_hello";
      case UPSTREAM_AGENT -> "upstream_heartbeat";
    };
  }

  /** Returns an exchange that only this role may bind to. */
  private static String characteristicRead(Role role) {
    return switch (role) {
      case CLIENT_AGENT -> "broker_response";
      case BROKER -> "upstream_response";
      case UPSTREAM_AGENT -> "broker_request";
    };
  }

  /**
   * Returns the permissions that a user without a role must not have: all on the exchanges that
   * processes use and on the inboxes of others, and to publish to any queue by the default
   * exchange.
   *
   * @param probe the part of a process id after the user
   */
  static List<AccessAttempt> closedWithoutARole(String probe) {
    String stranger = STRANGER + '.' + probe;
    Stream<String> shared =
        Stream.of(
                CLIENT_WRITES,
                CLIENT_READS,
                BROKER_WRITES,
                BROKER_READS,
                UPSTREAM_WRITES,
                UPSTREAM_READS)
            .flatMap(List::stream)
            .distinct();
    Stream<String> inboxes =
        Stream.of(
                Topology.CLIENT_AGENT_QUEUES,
                Topology.BROKER_QUEUES,
                Topology.HEARTBEAT_QUEUES,
                Topology.UPSTREAM_AGENT_QUEUES)
            .map(prefix -> prefix + stranger);
    return Stream.concat(
            Stream.concat(inboxes, shared)
                .flatMap(name -> Stream.of(configure(name), write(name), read(name))),
            Stream.of(write(DEFAULT_EXCHANGE)))
        .toList();
  }

  private String id() {
    return user + '.' + probe;
  }

  private String strangerId() {
    return STRANGER + '.' + probe;
  }

  private List<String> ownQueues() {
    return switch (role) {
      case CLIENT_AGENT -> List.of(Topology.CLIENT_AGENT_QUEUES + id());
      case BROKER -> List.of(Topology.BROKER_QUEUES + id(), Topology.HEARTBEAT_QUEUES + id());
      case UPSTREAM_AGENT -> List.of(Topology.UPSTREAM_AGENT_QUEUES + id());
    };
  }

  /** Returns the exchanges that the role publishes to. */
  List<String> writes() {
    return switch (role) {
      case CLIENT_AGENT -> CLIENT_WRITES;
      case BROKER -> BROKER_WRITES;
      case UPSTREAM_AGENT -> UPSTREAM_WRITES;
    };
  }

  /** Returns the exchanges that the role binds to, and the queues that it consumes. */
  List<String> reads() {
    return switch (role) {
      case CLIENT_AGENT -> CLIENT_READS;
      case BROKER -> BROKER_READS;
      case UPSTREAM_AGENT -> UPSTREAM_READS;
    };
  }

  /** Returns an exchange to which the role may publish, and a key with which no queue is bound. */
  static AccessAttempt harmlessPublication(Role role, String probe) {
    String nobody = STRANGER + '.' + probe;
    return switch (role) {
      case CLIENT_AGENT -> writeKey("client_cancel", nobody);
      case BROKER -> writeKey("client_request_ack", nobody);
      case UPSTREAM_AGENT -> writeKey("broker_request_ack", nobody);
    };
  }

  /** Returns the permissions without which the role does not work. */
  List<AccessAttempt> needed() {
    List<AccessAttempt> needed = new ArrayList<>();
    for (String queue : ownQueues()) {
      needed.add(configure(queue));
      needed.add(write(queue));
      needed.add(read(queue));
    }
    writes().forEach(name -> needed.add(write(name)));
    reads().forEach(name -> needed.add(read(name)));
    return needed;
  }

  /**
   * Returns the command that gives the user the permissions of the role. Empty if a name has
   * characters with a meaning for a shell or in a regular expression.
   */
  Optional<String> command(String vhost) {
    if (!Names.isName(user) || !PLAIN_VHOST.matcher(vhost).matches()) {
      return Optional.empty();
    }
    Permission permission =
        GrantedRights.of(role, user, vhost, List.of()).permission().orElseThrow();
    return Optional.of(
        "rabbitmqctl set_permissions -p %s %s '%s' '%s' '%s'"
            .formatted(vhost, user, permission.configure(), permission.write(), permission.read()));
  }

  /**
   * Returns the routing keys without which the role does not work.
   *
   * @param targets the targets that the user must reach or serve, as far as they are known
   */
  List<AccessAttempt> neededKeys(Collection<String> targets) {
    Stream<AccessAttempt> keys =
        switch (role) {
          case CLIENT_AGENT ->
              Stream.of(
                      KEYS_OF_CLIENTS.stream().map(exchange -> readKey(exchange, id())),
                      Stream.of(readKey("client_request_undelivered", "*." + id())),
                      targets.stream().map(name -> writeKey("client_request", name + '.' + id())))
                  .flatMap(all -> all);
          case BROKER ->
              Stream.of(
                  writeKey("client_request_ack", strangerId()),
                  writeKey("broker_request", NO_TARGET + '.' + strangerId()),
                  writeKey("broker_cancel", NO_TARGET + '.' + strangerId()),
                  writeKey("broker_response", strangerId()),
                  writeKey("broker_error", strangerId()),
                  readKey("upstream_heartbeat", "#"),
                  readKey("broker_request_ack", id()),
                  readKey("upstream_response", id()),
                  readKey("upstream_error", id()),
                  readKey("client_cancel", id()));
          case UPSTREAM_AGENT ->
              targets.stream()
                  .map(name -> name + '.' + id())
                  .flatMap(
                      key ->
                          Stream.of(
                              readKey("broker_request", key),
                              readKey("broker_cancel", key),
                              writeKey("upstream_heartbeat", key)));
        };
    return keys.toList();
  }

  /**
   * Returns permissions that the role must not have.
   *
   * @param names all exchanges and queues of the definitions
   */
  List<AccessAttempt> forbidden(Collection<String> names) {
    List<AccessAttempt> forbidden = new ArrayList<>(forbiddenSample());
    names.forEach(name -> forbidden.add(configure(name)));
    names.stream().filter(name -> !writes().contains(name)).forEach(n -> forbidden.add(write(n)));
    names.stream().filter(name -> !reads().contains(name)).forEach(n -> forbidden.add(read(n)));
    return forbidden;
  }

  /** Returns a few permissions that the role must not have, for attempts that cost round trips. */
  List<AccessAttempt> forbiddenSample() {
    List<AccessAttempt> forbidden = new ArrayList<>();
    forbidden.add(configure("longcut-" + probe));
    forbidden.add(write(DEFAULT_EXCHANGE));
    forbidden.add(write("amq.topic"));
    forbidden.add(read("amq.rabbitmq.trace"));
    Arrays.stream(Role.values())
        .filter(other -> other != role || role != Role.BROKER) // brokers share the prefix
        .map(other -> other.key() + '.' + strangerId())
        .forEach(
            inbox -> {
              forbidden.add(configure(inbox));
              forbidden.add(read(inbox));
            });
    return forbidden;
  }

  /** Returns routing keys that the role must not use: those of other users. */
  List<AccessAttempt> forbiddenKeys() {
    return switch (role) {
      case CLIENT_AGENT ->
          Stream.concat(
                  Stream.of(
                      writeKey("client_request", NO_TARGET + '.' + strangerId()),
                      readKey("client_request_undelivered", "*." + strangerId())),
                  KEYS_OF_CLIENTS.stream().map(exchange -> readKey(exchange, strangerId())))
              .toList();
      case BROKER -> List.of();
      case UPSTREAM_AGENT ->
          List.of(
              readKey("broker_request", NO_TARGET + '.' + strangerId()),
              readKey("broker_cancel", NO_TARGET + '.' + strangerId()),
              writeKey("upstream_heartbeat", NO_TARGET + '.' + strangerId()));
    };
  }
}
