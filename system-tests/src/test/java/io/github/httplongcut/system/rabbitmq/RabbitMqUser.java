package io.github.httplongcut.system.rabbitmq;

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

  /** Name and password. */
  public String login() {
    return login;
  }
}
