package io.github.httplongcut.system.faults;

import java.util.regex.Pattern;

/** What the relay is made of. */
enum RelayPart {
  CLIENT_AGENT("client-agent"),
  BROKER("broker"),
  UPSTREAM_AGENT("upstream-agent");

  private final String role;

  RelayPart(String role) {
    this.role = role;
  }

  /** The name of the role, which its user in RabbitMQ bears too. */
  String role() {
    return role;
  }

  /** Finds the queues of the process of that name, and no other's. */
  Pattern queuesOf(String process) {
    return Pattern.compile(
        "^(%s|heartbeats)\\.%s\\.%s-[a-z2-7]{6}(\\.\\d+)?$".formatted(role, role, process));
  }

  /**
   * Finds that connection of the process of that name.
   *
   * @param connection {@code publish} or {@code consume}
   */
  Pattern connectionOf(String process, String connection) {
    return Pattern.compile("%s %s\\.%s-[a-z2-7]{6} %s".formatted(role, role, process, connection));
  }
}
