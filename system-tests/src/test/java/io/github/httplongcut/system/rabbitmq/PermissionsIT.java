package io.github.httplongcut.system.rabbitmq;

import static io.github.httplongcut.system.rabbitmq.Attempt.Verdict.ACCESS_REFUSED;
import static io.github.httplongcut.system.rabbitmq.Attempt.Verdict.ALLOWED;
import static io.github.httplongcut.system.rabbitmq.Attempt.Verdict.PRECONDITION_FAILED;
import static io.github.httplongcut.system.rabbitmq.Attempt.bind;
import static io.github.httplongcut.system.rabbitmq.Attempt.bindExchange;
import static io.github.httplongcut.system.rabbitmq.Attempt.consume;
import static io.github.httplongcut.system.rabbitmq.Attempt.declare;
import static io.github.httplongcut.system.rabbitmq.Attempt.declareExchange;
import static io.github.httplongcut.system.rabbitmq.Attempt.delete;
import static io.github.httplongcut.system.rabbitmq.Attempt.get;
import static io.github.httplongcut.system.rabbitmq.Attempt.publish;
import static io.github.httplongcut.system.rabbitmq.Attempt.purge;
import static io.github.httplongcut.system.rabbitmq.Attempt.unbind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Plan.Binding;
import io.github.httplongcut.session.Plan.ConsumedQueue;
import io.github.httplongcut.system.rabbitmq.Attempt.Verdict;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Attempts AMQP operations as each user, and checks that RabbitMQ allows and refuses the right ones
 * (protocol section 8).
 */
@ExtendWith(RabbitMqExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
class PermissionsIT {

  private static final String CLIENT = RoleUser.CLIENT_AGENT.id().toString();
  private static final String BROKER = RoleUser.BROKER.id().toString();
  private static final String UPSTREAM = RoleUser.UPSTREAM_AGENT.id().toString();

  private static final String CLIENT_INBOX = "client-agent." + CLIENT;
  private static final String BROKER_INBOX = "broker." + BROKER;
  private static final String HEARTBEATS = "heartbeats." + BROKER;
  private static final String UPSTREAM_INBOX = "upstream-agent." + UPSTREAM;

  /** Processes of other companies, with users that the definitions do not contain. */
  private static final String OTHER_CLIENT = ProcessId.create("acme", "north").toString();

  private static final String OTHER_UPSTREAM = ProcessId.create("plant", "south").toString();
  private static final String OTHER_CLIENT_INBOX = "client-agent." + OTHER_CLIENT;
  private static final String OTHER_UPSTREAM_INBOX = "upstream-agent." + OTHER_UPSTREAM;

  private final RabbitMq rabbitMq;

  PermissionsIT(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  @BeforeAll
  void declareInboxes() throws Exception {
    asAdmin(
        Stream.of(
                CLIENT_INBOX,
                BROKER_INBOX,
                HEARTBEATS,
                UPSTREAM_INBOX,
                OTHER_CLIENT_INBOX,
                OTHER_UPSTREAM_INBOX)
            .map(Attempt::declare)
            .toList());
  }

  @AfterAll
  void deleteInboxes() throws Exception {
    asAdmin(
        Stream.of(
                CLIENT_INBOX,
                BROKER_INBOX,
                HEARTBEATS,
                UPSTREAM_INBOX,
                OTHER_CLIENT_INBOX,
                OTHER_UPSTREAM_INBOX)
            .map(Attempt::delete)
            .toList());
    rabbitMq.purge();
  }

  @ParameterizedTest
  @EnumSource(RoleUser.class)
  void everyOperationOfAPlanIsAllowed(RoleUser role) throws Exception {
    List<Attempt> attempts = new ArrayList<>();
    for (String exchange : role.plan().exchanges()) {
      attempts.add(channel -> channel.exchangeDeclarePassive(exchange));
    }
    for (ConsumedQueue queue : role.plan().queues()) {
      if (queue.isOwn()) {
        attempts.add(declare(queue.name()));
      }
      for (Binding binding : queue.bindings()) {
        attempts.add(bind(queue.name(), binding));
      }
      attempts.add(consume(queue.name()));
    }
    try (Connection connection = rabbitMq.connect(role.user(), "PermissionsIT")) {
      Channel channel = connection.createChannel();
      for (Attempt attempt : attempts) {
        assertThat(attempt.verdict(channel)).isEqualTo(ALLOWED);
      }
    }
  }

  @ParameterizedTest(name = "{0} {1}: {3}")
  @MethodSource({"clientAgent", "broker", "upstreamAgent"})
  void rabbitMqAllowsOrRefuses(RoleUser role, String description, Attempt attempt, Verdict expected)
      throws Exception {
    try (Connection connection = rabbitMq.connect(role.user(), "PermissionsIT")) {
      assertThat(attempt.verdict(connection.createChannel())).as(description).isEqualTo(expected);
    }
  }

  static Stream<Arguments> clientAgent() {
    Cases cases = new Cases(RoleUser.CLIENT_AGENT);
    cases.allowed(
        "publishes a request for a target", publish("client_request", "orders." + CLIENT));
    cases.allowed(
        "publishes with its own user-id",
        publish("client_request", "orders." + CLIENT, "client-agent"));
    cases.allowed("cancels", publish("client_cancel", BROKER));
    cases.allowed("purges its inbox", purge(CLIENT_INBOX));

    cases.refused(
        "publishes a request with another's id",
        publish("client_request", "orders." + OTHER_CLIENT));
    cases.refused(
        "publishes a request for a target with a dot", publish("client_request", "a.b." + CLIENT));
    cases.refused("publishes a request without a target", publish("client_request", CLIENT));
    cases.refused(
        "publishes a request with a suffix after its id",
        publish("client_request", "orders." + CLIENT + ".x"));
    cases.refused("answers itself", publish("broker_response", CLIENT));
    cases.refused("answers another", publish("broker_response", OTHER_CLIENT));
    cases.refused("acks", publish("client_request_ack", CLIENT));
    cases.refused("publishes an error to another", publish("broker_error", OTHER_CLIENT));
    cases.refused("dispatches", publish("broker_request", "orders." + UPSTREAM));
    cases.refused("cancels at an upstream agent", publish("broker_cancel", "orders." + UPSTREAM));
    cases.refused("answers a broker", publish("upstream_response", BROKER));
    cases.refused("publishes an orphan", publish(Topology.ORPHAN, ""));
    cases.refused("publishes a broker's status", publish("broker_status", ""));
    cases.refused(
        "binds its inbox to the status of brokers", bind(CLIENT_INBOX, "broker_status", ""));
    cases.refused(
        "publishes a forged dead letter",
        publish("client_request_undelivered", "orders." + CLIENT));
    cases.refused("publishes to the default exchange", publish("", OTHER_CLIENT_INBOX));
    cases.refused("publishes to amq.topic", publish("amq.topic", "x"));
    cases.failed(
        "publishes with the broker's user-id",
        publish("client_request", "orders." + CLIENT, "broker"));

    for (String exchange : List.of("client_request_ack", "broker_response", "broker_error")) {
      for (String key : List.of(OTHER_CLIENT, "#", "*.*", "client-agent.*", "client-agent.#")) {
        cases.refused(
            "binds its inbox to " + exchange + " " + key, bind(CLIENT_INBOX, exchange, key));
      }
    }
    for (String key : List.of("*." + OTHER_CLIENT, "#", "*.client-agent.*", "orders." + CLIENT)) {
      cases.refused(
          "binds its inbox to dead letters " + key,
          bind(CLIENT_INBOX, "client_request_undelivered", key));
    }
    cases.refused("binds its inbox to requests", bind(CLIENT_INBOX, "client_request", "#"));
    cases.refused(
        "binds its inbox to dispatches", bind(CLIENT_INBOX, "broker_request", "orders.#"));
    cases.refused("binds its inbox to responses", bind(CLIENT_INBOX, "upstream_response", "#"));
    cases.refused("binds its inbox to orphans", bind(CLIENT_INBOX, Topology.ORPHAN, ""));
    cases.refused("binds its inbox to the trace", bind(CLIENT_INBOX, "amq.rabbitmq.trace", "#"));
    cases.refused("unbinds the request queue", unbind("client_request", "client_request", "#"));
    // RabbitMQ requires write permission on the destination of a binding. A client agent may write
    // to client_request, which names both an exchange and a queue. It may therefore bind both to
    // its own events, but to no others.
    for (String key : List.of(OTHER_CLIENT, "#", "client-agent.*")) {
      cases.refused(
          "binds the request queue to responses " + key,
          bind("client_request", "broker_response", key));
      cases.refused(
          "binds the request exchange to responses " + key,
          bindExchange("client_request", "broker_response", key));
    }
    for (String key : List.of("*." + OTHER_CLIENT, "#")) {
      cases.refused(
          "binds the request queue to dead letters " + key,
          bind("client_request", "client_request_undelivered", key));
    }
    cases.refused("binds another's inbox", bind(OTHER_CLIENT_INBOX, "broker_response", CLIENT));

    cases.refused("declares another's inbox", declare("client-agent.acme.x-aaaaaa"));
    cases.refused("declares any queue", declare("mine"));
    cases.refused("declares a nameless queue", Attempt.declareNameless());
    cases.refused("declares an exchange", declareExchange("mine"));
    cases.refused("deletes another's inbox", delete(OTHER_CLIENT_INBOX));
    cases.refused("deletes the request queue", delete("client_request"));
    cases.refused("consumes another's inbox", consume(OTHER_CLIENT_INBOX));
    cases.refused("consumes requests", consume("client_request"));
    cases.refused("gets requests", get("client_request"));
    cases.refused("purges requests", purge("client_request"));
    cases.refused("consumes orphans", consume(Topology.ORPHAN));
    cases.refused("consumes a broker's inbox", consume(BROKER_INBOX));
    return cases.stream();
  }

  static Stream<Arguments> broker() {
    Cases cases = new Cases(RoleUser.BROKER);
    cases.allowed("acks", publish("client_request_ack", CLIENT));
    cases.allowed("answers", publish("broker_response", OTHER_CLIENT));
    cases.allowed("publishes an error", publish("broker_error", OTHER_CLIENT));
    cases.allowed("dispatches", publish("broker_request", "orders." + OTHER_UPSTREAM));
    cases.allowed("cancels", publish("broker_cancel", "orders." + OTHER_UPSTREAM));
    cases.allowed("publishes a hello", publish("broker_hello", "", "broker"));
    cases.allowed("publishes its status", publish("broker_status", "", "broker"));
    cases.allowed("binds to the status of brokers", bind(HEARTBEATS, "broker_status", ""));

    cases.refused("publishes a request", publish("client_request", "orders." + CLIENT));
    cases.refused("answers itself", publish("upstream_response", BROKER));
    cases.refused("acks its dispatch", publish("broker_request_ack", BROKER));
    cases.refused("publishes a heartbeat", publish("upstream_heartbeat", "orders." + UPSTREAM));
    cases.refused("publishes an orphan", publish(Topology.ORPHAN, ""));
    cases.refused("publishes to the default exchange", publish("", CLIENT_INBOX));
    cases.failed(
        "publishes with an agent's user-id", publish("broker_hello", "", "upstream-agent"));

    cases.refused("declares a client agent's inbox", declare(CLIENT_INBOX));
    cases.refused("declares an upstream agent's inbox", declare(UPSTREAM_INBOX));
    cases.refused("declares the request queue", declare("client_request"));
    cases.refused("declares any queue", declare("mine"));
    cases.refused("declares an exchange", declareExchange("mine"));
    cases.refused("deletes the request queue", delete("client_request"));
    cases.refused("deletes the orphan queue", delete(Topology.ORPHAN));
    cases.refused("consumes a client agent's inbox", consume(CLIENT_INBOX));
    cases.refused("consumes an upstream agent's inbox", consume(UPSTREAM_INBOX));
    cases.refused("binds a client agent's inbox", bind(CLIENT_INBOX, "upstream_response", BROKER));
    cases.refused("binds the request queue", bind("client_request", "upstream_response", BROKER));
    cases.refused(
        "binds its inbox to other brokers' hellos", bind(BROKER_INBOX, "broker_hello", ""));
    cases.refused(
        "binds its inbox to responses of brokers", bind(BROKER_INBOX, "broker_response", "#"));
    return cases.stream();
  }

  static Stream<Arguments> upstreamAgent() {
    Cases cases = new Cases(RoleUser.UPSTREAM_AGENT);
    cases.allowed("acks", publish("broker_request_ack", BROKER));
    cases.allowed("answers", publish("upstream_response", BROKER, "upstream-agent"));
    cases.allowed("publishes an error", publish("upstream_error", BROKER));
    cases.allowed("publishes a heartbeat", publish("upstream_heartbeat", "orders." + UPSTREAM));

    cases.refused(
        "publishes another's heartbeat", publish("upstream_heartbeat", "orders." + OTHER_UPSTREAM));
    cases.refused(
        "publishes a heartbeat for a target with a dot",
        publish("upstream_heartbeat", "a.b." + UPSTREAM));
    cases.refused("dispatches", publish("broker_request", "orders." + UPSTREAM));
    cases.refused("cancels at another", publish("broker_cancel", "orders." + OTHER_UPSTREAM));
    cases.refused("answers a client agent", publish("broker_response", CLIENT));
    cases.refused("publishes an error to a client agent", publish("broker_error", CLIENT));
    cases.refused("acks to a client agent", publish("client_request_ack", CLIENT));
    cases.refused("publishes a request", publish("client_request", "orders." + UPSTREAM));
    cases.refused("cancels for a client agent", publish("client_cancel", BROKER));
    cases.refused("publishes a hello", publish("broker_hello", ""));
    cases.refused("publishes a broker's status", publish("broker_status", ""));
    cases.refused(
        "binds its inbox to the status of brokers", bind(UPSTREAM_INBOX, "broker_status", ""));
    cases.refused("publishes an orphan", publish(Topology.ORPHAN, ""));
    cases.refused("publishes a forged dead letter", publish("broker_request_undelivered", ""));
    cases.refused("publishes to the default exchange", publish("", BROKER_INBOX));
    cases.failed(
        "publishes with the broker's user-id", publish("upstream_response", BROKER, "broker"));

    for (String exchange : List.of("broker_request", "broker_cancel")) {
      for (String key :
          List.of("orders." + OTHER_UPSTREAM, "#", "orders.#", "*." + UPSTREAM, "orders.*.*")) {
        cases.refused(
            "binds its inbox to " + exchange + " " + key, bind(UPSTREAM_INBOX, exchange, key));
      }
      cases.refused(
          "binds its inbox to " + exchange + " of its user's other processes",
          bind(UPSTREAM_INBOX, exchange, "orders.upstream-agent.*"));
    }
    cases.refused("binds its inbox to requests", bind(UPSTREAM_INBOX, "client_request", "#"));
    cases.refused("binds its inbox to responses", bind(UPSTREAM_INBOX, "upstream_response", "#"));
    cases.refused("binds its inbox to heartbeats", bind(UPSTREAM_INBOX, "upstream_heartbeat", "#"));
    // An upstream agent may bind exchanges to which it publishes, but only to its own events.
    for (String key : List.of("orders." + OTHER_UPSTREAM, "#", "*." + UPSTREAM)) {
      cases.refused(
          "binds an exchange of brokers to dispatches " + key,
          bindExchange("upstream_response", "broker_request", key));
    }
    cases.refused(
        "binds another's inbox",
        bind(OTHER_UPSTREAM_INBOX, "broker_request", "orders." + UPSTREAM));
    cases.refused("binds the request queue", bind("client_request", "broker_hello", ""));

    cases.refused("declares another's inbox", declare("upstream-agent.plant.x-aaaaaa"));
    cases.refused("declares any queue", declare("mine"));
    cases.refused("declares an exchange", declareExchange("mine"));
    cases.refused("deletes another's inbox", delete(OTHER_UPSTREAM_INBOX));
    cases.refused("consumes another's inbox", consume(OTHER_UPSTREAM_INBOX));
    cases.refused("consumes requests", consume("client_request"));
    cases.refused("consumes orphans", consume(Topology.ORPHAN));
    cases.refused("consumes a broker's inbox", consume(BROKER_INBOX));
    cases.refused("consumes a broker's heartbeats", consume(HEARTBEATS));
    return cases.stream();
  }

  private void asAdmin(List<Attempt> attempts) throws Exception {
    try (Connection connection = rabbitMq.connect(RabbitMqUser.ADMIN, "PermissionsIT")) {
      Channel channel = connection.createChannel();
      for (Attempt attempt : attempts) {
        attempt.on(channel);
      }
    }
  }

  /** Collects the test cases of one role. */
  private static final class Cases {
    private final List<Arguments> cases = new ArrayList<>();
    private final RoleUser role;

    Cases(RoleUser role) {
      this.role = role;
    }

    void allowed(String description, Attempt attempt) {
      cases.add(arguments(role, description, attempt, ALLOWED));
    }

    void refused(String description, Attempt attempt) {
      cases.add(arguments(role, description, attempt, ACCESS_REFUSED));
    }

    void failed(String description, Attempt attempt) {
      cases.add(arguments(role, description, attempt, PRECONDITION_FAILED));
    }

    Stream<Arguments> stream() {
      return cases.stream();
    }
  }
}
