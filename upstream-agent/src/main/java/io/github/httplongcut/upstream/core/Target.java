package io.github.httplongcut.upstream.core;

import java.time.Duration;

/**
 * An upstream target, as far as the agent decides with it.
 *
 * @param name the upstream target's name; unique
 * @param capacity maximum number of requests in flight
 * @param timeout of one HTTP request
 * @param server host and port of the upstream server, for messages
 * @param rules rules for its requests
 */
public record Target(
    String name, int capacity, Duration timeout, String server, RequestRules rules) {

  /** Hashes the name only: it is unique, and targets are map keys on the path of every request. */
  @Override
  public int hashCode() {
    return name.hashCode();
  }
}
