package io.github.httplongcut.cli.doctor;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Rights of a user as RabbitMQ's permissions declare them. Evaluates them as RabbitMQ does.
 *
 * @param user the RabbitMQ user
 * @param vhost the vhost, for {@code {vhost}} in topic permissions
 * @param permission the permissions in the vhost; empty if the user has no access to it
 * @param topics the topic permissions by exchange
 */
public record DeclaredRights(
    String user, String vhost, Optional<Permission> permission, Map<String, TopicPermission> topics)
    implements UserRights {

  /** A user's permissions in a vhost: regular expressions. */
  public record Permission(String configure, String write, String read) {}

  /** A user's topic permission for an exchange: regular expressions. */
  public record TopicPermission(String write, String read) {}

  public DeclaredRights {
    topics = Map.copyOf(topics);
  }

  /** Returns the permission for an exchange; without one RabbitMQ allows every routing key. */
  public Optional<TopicPermission> topic(String exchange) {
    return Optional.ofNullable(topics.get(exchange));
  }

  /** Returns whether the user may bind with this key to an exchange that it may read. */
  public boolean mayBind(String exchange, String routingKey) {
    return allow(AccessAttempt.readKey(exchange, routingKey));
  }

  /** Returns whether the user may bind queues and exchanges to this exchange. */
  public boolean mayBeSource(String exchange) {
    return allow(AccessAttempt.read(exchange));
  }

  /** Returns whether the user may bind this queue or exchange to an exchange that it may read. */
  public boolean mayBeDestination(String name) {
    return allow(AccessAttempt.write(name));
  }

  @Override
  public boolean allow(AccessAttempt attempt) {
    return switch (attempt.kind()) {
      case CONFIGURE -> matches(permission.map(Permission::configure), attempt.name());
      case WRITE -> matches(permission.map(Permission::write), attempt.name());
      case READ -> matches(permission.map(Permission::read), attempt.name());
      case WRITE_KEY ->
          topic(attempt.name())
              .map(topic -> matchesKey(topic.write(), attempt.routingKey()))
              .orElse(true);
      case READ_KEY ->
          topic(attempt.name())
              .map(topic -> matchesKey(topic.read(), attempt.routingKey()))
              .orElse(true);
    };
  }

  private boolean matchesKey(String expression, String key) {
    return matches(
        Optional.of(expression.replace("{username}", user).replace("{vhost}", vhost)), key);
  }

  /**
   * Returns whether the name matches. RabbitMQ reads the empty expression as "nothing", and finds
   * the others anywhere in the name. Java and Erlang agree on the expressions that permissions use.
   */
  private static boolean matches(Optional<String> expression, String name) {
    if (expression.isEmpty() || expression.get().isEmpty()) {
      return false;
    }
    try {
      return Pattern.compile(expression.get()).matcher(name).find();
    } catch (PatternSyntaxException e) {
      return false; // RabbitMQ refuses such an expression, too
    }
  }
}
