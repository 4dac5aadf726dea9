package io.github.httplongcut.client;

import io.github.httplongcut.client.ClientAgentConfig.OnHangUp;
import io.github.httplongcut.client.ClientAgentConfig.Route;
import io.github.httplongcut.client.ClientAgentConfig.Routing;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Finds the upstream target of a request. Compares paths as received, without decoding. Immutable.
 */
final class Routes {

  /**
   * Upstream target of a request, and its URL there.
   *
   * @param url for the upstream server: as received, without the route's path if it is stripped
   * @param strippedPath path of the route that was stripped; empty if none was
   * @param onHangUp action if the caller hangs up
   */
  record Destination(String upstreamTarget, String url, String strippedPath, OnHangUp onHangUp) {}

  /** Order of the routes: the first one that matches decides. */
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
   * Returns the destination of the first route that matches, or of the default target.
   *
   * @param authority the request's {@code Host}, with or without a port; may be empty
   * @param url in origin-form, or {@code *}
   */
  Optional<Destination> find(String authority, String url) {
    String host = HostField.hostOf(authority);
    for (Route route : routes) {
      if (route.host().map(host::equals).orElse(true) && matches(route.path(), url)) {
        return Optional.of(destination(route, url));
      }
    }
    return defaultUpstreamTarget.map(target -> new Destination(target, url, "", onHangUp));
  }

  /**
   * Returns whether the path matches: {@code /a} matches {@code /a/b} and {@code /a?b}, not {@code
   * /ab}.
   */
  private static boolean matches(String path, String url) {
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
