package io.github.httplongcut.client;

import io.github.httplongcut.client.ClientAgentConfig.Forwarding;
import io.github.httplongcut.client.ClientAgentConfig.Underscores;
import io.github.httplongcut.client.Routes.Destination;
import io.github.httplongcut.http.HeaderRules;
import io.github.httplongcut.http.HeaderRules.Forwarded;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.WireLimits;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * Builds the header fields of a relayed request: the caller's end-to-end fields, and the fields
 * that tell the upstream server about the caller. Immutable.
 */
final class RequestFields {

  private final Forwarding forwarding;
  private final String pseudonym;

  /**
   * @param pseudonym name of this process in {@code Via}
   */
  RequestFields(Forwarding forwarding, String pseudonym) {
    this.forwarding = forwarding;
    this.pseudonym = pseudonym;
  }

  /**
   * Returns the fields for the upstream server.
   *
   * @param caller address of the connection's peer
   * @param scheme {@code http} or {@code https}
   * @throws RequestRefusedException if the fields are too large with those that are added
   */
  Headers of(RequestHead head, Destination destination, InetSocketAddress caller, String scheme)
      throws RequestRefusedException {
    Headers headers = HeaderRules.withoutFraming(HeaderRules.endToEnd(head.headers()));
    if (forwarding.underscores() == Underscores.DROP) {
      headers = HeaderRules.withoutUnderscores(headers);
    }
    if (head.isOptions()) {
      headers = HeaderRules.withMaxForwardsLowered(headers);
    }
    headers = withOrigin(headers, head, destination, caller, scheme);
    headers = HeaderRules.withVia(headers, head.protocolVersion(), pseudonym);
    if (headers.valueCount() > WireLimits.HEADER_FIELDS
        || headers.chars() > WireLimits.HEADER_CHARS) { // X-Forwarded-Host repeats the Host
      throw new RequestRefusedException(
          Failure.HEADERS_TOO_LARGE,
          "the request's header fields are larger than "
              + WireLimits.HEADER_CHARS
              + " bytes with those that the client agent adds");
    }
    return headers;
  }

  private Headers withOrigin(
      Headers headers,
      RequestHead head,
      Destination destination,
      InetSocketAddress caller,
      String scheme) {
    Optional<InetAddress> address = Optional.ofNullable(caller.getAddress());
    Forwarded forwarded =
        new Forwarded(
            address.map(TrustedProxies::textOf).orElse(caller.getHostString()),
            head.authority(),
            scheme,
            destination.strippedPath());
    return switch (forwarding.headers()) {
      case REPLACE ->
          address.filter(forwarding.trustedProxies()::contains).isPresent()
              ? HeaderRules.withForwardedOfProxy(headers, forwarded)
              : HeaderRules.withForwarded(headers, forwarded);
      case APPEND -> HeaderRules.withForwardedAppended(headers, forwarded);
      case OFF -> headers;
    };
  }
}
