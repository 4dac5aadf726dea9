package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.AmqpConfig.Address;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * RabbitMQ as AMQP shows it to one user. No method changes anything in RabbitMQ that outlives its
 * connection. Each takes at most two seconds, and asks once if several checks ask the same.
 * Thread-safe.
 */
interface AmqpView {

  /** State of the login. */
  enum LoginState {
    LOGGED_IN,
    /** The user or the password is wrong. */
    REFUSED,
    /** The login is right, and the vhost does not exist. */
    NO_VHOST,
    /** The login is right, and the user has no access to the vhost. */
    VHOST_REFUSED,
    /** The user has as many connections as RabbitMQ allows it. */
    LIMITED,
    /** Nobody tried: an address of another machine has no TLS, and the settings refuse that. */
    UNENCRYPTED,
    /** Something else failed. */
    FAILED
  }

  /**
   * Result of a login.
   *
   * @param detail RabbitMQ's words, or the reason of a failure; empty after a login
   * @param version RabbitMQ's version; empty if unknown
   */
  record Login(LoginState state, String detail, String version) {}

  /** Numbers of messages that are ready, and of consumers. */
  record QueueCounts(long ready, int consumers) {}

  /** Returns addresses and user. */
  AmqpConfig config();

  /** Reaction of a node to the beginning of an AMQP connection. */
  enum Reaction {
    SPEAKS_AMQP,
    /** It accepts the connection, and then sends nothing, or something else than AMQP. */
    SILENT,
    UNREACHABLE
  }

  /** A node's reaction, and the reason unless it speaks AMQP. */
  record Greeting(Reaction reaction, String why) {}

  /** Returns the node's reaction to the beginning of an AMQP connection. */
  Greeting greeting(Address node) throws Exception;

  /** Returns the nodes that speak AMQP. */
  default List<Address> responding() throws Exception {
    List<Address> nodes = new ArrayList<>();
    for (Address node : config().addresses()) {
      if (greeting(node).reaction() == Reaction.SPEAKS_AMQP) {
        nodes.add(node);
      }
    }
    return nodes;
  }

  /** Logs in to any of the nodes that respond. */
  Login login() throws Exception;

  /**
   * Returns whether the exchange exists.
   *
   * @throws HiddenException if the user has no permission on it, from RabbitMQ 4.3 on
   */
  boolean hasExchange(String name) throws Exception;

  /**
   * Returns the current counts of the queue; empty if it does not exist.
   *
   * @throws HiddenException if the user has no permission on it, from RabbitMQ 4.3 on
   */
  Optional<QueueCounts> queue(String name) throws Exception;

  /**
   * Returns the user's rights, found by attempts that have no effect.
   *
   * @param inbox a queue that does not exist, for attempts to bind it
   * @param probe random part of all names of things that do not exist
   */
  UserRights rights(String inbox, String probe);

  /**
   * Publishes a message that reaches no queue, and returns RabbitMQ's reason if it blocks
   * publishers.
   *
   * @param publication the exchange, and a routing key with which nothing is bound
   */
  Optional<String> blocked(AccessAttempt publication) throws Exception;

  /** Connections that are open until they are closed. */
  interface OpenConnections extends AutoCloseable {

    /**
     * Returns the name of an exclusive queue of each. RabbitMQ keeps such a queue on the node that
     * the connection has reached, and lists it at once.
     */
    List<String> queues();

    /** Closes them without waiting. */
    @Override
    void close();
  }

  /**
   * Opens connections to the address.
   *
   * @throws SkippedException if RabbitMQ allows the user no further connection, or no queue
   */
  OpenConnections openConnections(Address address, int number) throws Exception;
}
