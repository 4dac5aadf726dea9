package io.github.httplongcut.client;

import io.github.httplongcut.client.ClientAgentConfig.OnHangUp;
import io.github.httplongcut.client.ClientAgentConfig.Route;
import io.github.httplongcut.client.ClientAgentConfig.Routing;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Which upstream target a request is for. Paths are compared as they were received, nothing is
 * decoded. Immutable.
 */
final class Routes {

  /**
   * Where a request goes.
   *
   * @param url for the upstream server: as received, without the route's path if that is stripped
   * @param strippedPath of the route; empty: none
   * @param onHangUp fate of the request if its caller is gone
   */
  record Destination(String upstreamTarget, String url, String strippedPath, OnHangUp onHangUp) {}

  /** The route that decides is the first that fits. */
  private static final Comparator<Route> PRECEDENCE =
      Comparator.comparing((Route route) -> route.host().isEmpty())
          .thenComparing(route -> route.path().length(), Comparator.reverseOrder());

  private final List<Route> routes;
  private final Optional<String> defaultUpstreamTarget;
  private final OnHangUp onHangUp;

  Routes(Routing routing) {
    routes = routing.routes().stream().sorted(PRECEDENCE).toList();
    defaultUpstreamTarget = routing.defaultUpstreamTarget();
    onHangUp = routing.onHangUp();
  }

  /**
   * Finds the target.
   *
   * @param authority the {@code Host} that was asked for, maybe with a port; empty if none was
   * @param url in origin-form, or {@code *}
   */
  Optional<Destination> find(String authority, String url) {
    String host = HostField.hostOf(authority);
    for (Route route : routes) {
      if (route.host().map(host::equals).orElse(true) && fits(route.path(), url)) {
        return Optional.of(destination(route, url));
      }
    }
    return defaultUpstreamTarget.map(target -> new Destination(target, url, "", onHangUp));
  }

  /** {@code /a} fits {@code /a}, {@code /a/b}, {@code /a?b} and not {@code /ab}. */
  private static boolean fits(String path, String url) {
    if (path.equals("/")) {
      return true;
    }
    return url.startsWith(path)
        && (url.length() == path.length() || "/?".indexOf(url.charAt(path.length())) >= 0);
  }

  private static Destination destination(Route route, String url) {
    if (!route.stripPath() || route.path().equals("/")) {
      return new Destination(route.upstreamTarget(), url, "", route.onHangUp());
    }
    String rest = url.substring(route.path().length());
    return new Destination(
        route.upstreamTarget(),
        rest.startsWith("/") ? rest : '/' + rest,
        route.path(),
        route.onHangUp());
  }
}
