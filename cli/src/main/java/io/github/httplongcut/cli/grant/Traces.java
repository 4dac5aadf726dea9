package io.github.httplongcut.cli.grant;

import io.github.httplongcut.cli.doctor.DeclaredRights;
import io.github.httplongcut.cli.doctor.GrantedRights;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.protocol.Topology;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Queues, exchanges and bindings of a user. RabbitMQ keeps them when it deletes the user.
 *
 * @param queues names of the queues of the user's processes
 * @param exchanges names of exchanges with such a name. The relay declares none, but a user may.
 * @param bindings bindings to or from these, and others with the user's routing keys
 */
record Traces(List<String> queues, List<String> exchanges, List<Binding> bindings) {

  /** Exchanges whose routing keys begin with a process id. */
  private static final Set<String> BY_ID =
      Set.of(
          "client_request_ack",
          "broker_response",
          "broker_error",
          "broker_request_ack",
          "upstream_response",
          "upstream_error",
          "client_cancel");

  /** Exchanges whose routing keys have a process id after the target, or after an asterisk. */
  private static final Set<String> BY_TARGET =
      Set.of(
          Topology.CLIENT_REQUEST_QUEUE,
          Topology.CLIENT_REQUEST_UNDELIVERED,
          "broker_request",
          "broker_cancel",
          "upstream_heartbeat");

  /** Beginnings of the names of processes' queues. */
  private static final List<String> PREFIXES =
      List.of(
          Topology.CLIENT_AGENT_QUEUES,
          Topology.UPSTREAM_AGENT_QUEUES,
          Topology.BROKER_QUEUES,
          Topology.HEARTBEAT_QUEUES);

  static final Traces NONE = new Traces(List.of(), List.of(), List.of());

  /** Fanout without routing keys, so a binding to a shared name has no sign of its user. */
  private static final String BROKER_HELLO = "broker_hello";

  Traces {
    queues = List.copyOf(queues);
    exchanges = List.copyOf(exchanges);
    bindings = List.copyOf(bindings);
  }

  /** Returns whether a queue or exchange of this name is of a process of the user. */
  static boolean isOwn(String user, String name) {
    return PREFIXES.stream().anyMatch(prefix -> name.startsWith(prefix + user + '.'));
  }

  /**
   * Returns a regular expression for the names of the user's queues and exchanges. Names of users
   * have no character with a meaning in it.
   */
  static String expression(String user) {
    return "^(" + String.join("|", PREFIXES).replace(".", "\\.") + ")" + user + "\\.";
  }

  /** Returns whether the binding is of the user. */
  static boolean isOwn(String user, Binding binding) {
    return !binding.isImplicit()
        && (isOwn(user, binding.source())
            || isOwn(user, binding.destination())
            || hasOwnKey(user, binding)
            || isStrayHello(user, binding));
  }

  /**
   * Returns whether an upstream agent could have bound a shared name to the hellos. No process does
   * so, and the definitions have no such binding: it floods the shared name with hellos.
   */
  private static boolean isStrayHello(String user, Binding binding) {
    return binding.source().equals(BROKER_HELLO)
        && GrantedRights.of(Role.UPSTREAM_AGENT, user, "", List.of())
            .mayBeDestination(binding.destination());
  }

  /** A user may also bind two shared names to each other, but only with a key of its own. */
  private static boolean hasOwnKey(String user, Binding binding) {
    String key = binding.routingKey();
    if (BY_ID.contains(binding.source())) {
      return key.startsWith(user + '.');
    }
    return BY_TARGET.contains(binding.source())
        && key.substring(key.indexOf('.') + 1).startsWith(user + '.');
  }

  /** Returns whether a user with these rights may make the binding. */
  static boolean mayMake(DeclaredRights rights, Binding binding) {
    return rights.mayBeDestination(binding.destination())
        && rights.mayBeSource(binding.source())
        && rights.mayBind(binding.source(), binding.routingKey());
  }

  /** Returns these traces and others. */
  Traces and(Traces other) {
    return new Traces(
        concat(queues, other.queues),
        concat(exchanges, other.exchanges),
        concat(bindings, other.bindings));
  }

  private static <T> List<T> concat(List<T> some, List<T> others) {
    return Stream.concat(some.stream(), others.stream()).toList();
  }

  boolean isEmpty() {
    return size() == 0;
  }

  int size() {
    return queues.size() + exchanges.size() + bindings.size();
  }

  /** Returns the numbers in words: {@code 1 queue, 0 exchanges, 3 bindings}. */
  String inWords() {
    return counted(queues.size(), "queue")
        + ", "
        + counted(exchanges.size(), "exchange")
        + ", "
        + counted(bindings.size(), "binding");
  }

  static String counted(int number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }
}
