package io.github.httplongcut.system.doctor;

/** A RabbitMQ user of the bench. */
enum BenchUser {
  /** An administrator of RabbitMQ. */
  OPERATOR("operator", "administrator"),
  CLIENT_AGENT("client-agent", ""),
  BROKER("broker", ""),
  UPSTREAM_AGENT("upstream-agent", "");

  /** Part of every password, and of nothing else. */
  static final String SECRET = "Pa55word";

  private final String login;
  private final String tags;

  BenchUser(String login, String tags) {
    this.login = login;
    this.tags = tags;
  }

  String login() {
    return login;
  }

  String password() {
    return SECRET + '-' + login;
  }

  /** Tags for the management API. */
  String tags() {
    return tags;
  }

  /** User and password as in a URI. */
  String userInfo() {
    return login + ':' + password();
  }
}
