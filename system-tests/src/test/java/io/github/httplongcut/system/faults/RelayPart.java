package io.github.httplongcut.system.faults;

import java.util.List;
import java.util.regex.Pattern;

/** A role of the relay. */
enum RelayPart {
  CLIENT_AGENT("client-agent"),
  BROKER("broker"),
  UPSTREAM_AGENT("upstream-agent");

  private final String role;

  RelayPart(String role) {
    this.role = role;
  }

  /** The name of the role, which is also the name of its RabbitMQ user. */
  String role() {
    return role;
  }

  /** The last words of the names of a process's connections. */
  List<String> connections() {
    return this == BROKER ? List.of("publish", "consume", "peers") : List.of("publish", "consume");
  }

  /** A pattern that matches the names of the queues of one process. */
  Pattern queuesOf(String process) {
    return Pattern.compile(
        "^(%s|heartbeats)\\.%s\\.%s-[a-z2-7]{6}(\\.\\d+)?$".formatted(role, role, process));
  }

  /**
   * A pattern that finds the name of one connection of a process.
   *
   * @param connection one of {@link #connections}
   */
  Pattern connectionOf(String process, String connection) {
    return Pattern.compile("%s %s\\.%s-[a-z2-7]{6} %s".formatted(role, role, process, connection));
  }
}
