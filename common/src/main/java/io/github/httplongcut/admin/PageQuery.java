package io.github.httplongcut.admin;

import java.util.Map;
import java.util.Optional;

/**
 * Request for an admin page.
 *
 * @param subPath the decoded path after the page's prefix, without the first slash; empty for a
 *     page with an exact path
 * @param parameters the decoded query parameters; of several with one name, the first
 * @param body the body of an action, read as UTF-8; empty for other pages
 * @param user who asks, for the log: {@code loopback 127.0.0.1} or {@code token from 10.0.0.7}
 */
public record PageQuery(String subPath, Map<String, String> parameters, String body, String user) {

  /** Returns a query parameter; empty if it is absent or has no value. */
  public Optional<String> parameter(String name) {
    return Optional.ofNullable(parameters.get(name)).filter(value -> !value.isEmpty());
  }
}
