package io.github.httplongcut.testkit;

import java.net.URI;

/** The users of {@code rabbitmq/demo-users.json}; each one's password is its name. */
public enum RabbitMqUser {
  /** Has all permissions in the vhost and access to the management API. */
  ADMIN("admin"),
  CLIENT_AGENT("client-agent"),
  BROKER("broker"),
  UPSTREAM_AGENT("upstream-agent");

  private final String login;

  RabbitMqUser(String login) {
    this.login = login;
  }

  /** Name and password. The user of a role has the name of the role. */
  public String login() {
    return login;
  }

  /** Returns the AMQP URI of a port of 127.0.0.1 for this user. */
  public URI amqpUri(int port) {
    return URI.create(
        "amqp://%s:%s@127.0.0.1:%d/%s".formatted(login, login, port, RabbitMqNode.VHOST));
  }
}
