package io.github.httplongcut.admin;

import java.util.Map;
import java.util.Optional;

/**
 * Request for an admin page.
 *
 * @param subPath the decoded path after the page's prefix, without the first slash; empty for a
 *     page with an exact path
 * @param parameters the decoded query parameters; of several with one name, the first
 */
public record PageQuery(String subPath, Map<String, String> parameters) {

  /** Returns a query parameter; empty if it is absent or has no value. */
  public Optional<String> parameter(String name) {
    return Optional.ofNullable(parameters.get(name)).filter(value -> !value.isEmpty());
  }
}
