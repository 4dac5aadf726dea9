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
 * The fields of a request as they leave the client agent: what is for its last recipient, and what
 * the server is told about the caller. Immutable.
 */
final class RequestFields {

  private final Forwarding forwarding;
  private final String pseudonym;

  /**
   * @param pseudonym names this process in {@code Via}
   */
  RequestFields(Forwarding forwarding, String pseudonym) {
    this.forwarding = forwarding;
    this.pseudonym = pseudonym;
  }

  /**
   * The fields for the upstream server.
   *
   * @param caller the other end of the connection
   * @param scheme {@code http} or {@code https}
   * @throws RequestRefusedException if they have become too large
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
          "with what the relay adds the fields are larger than "
              + WireLimits.HEADER_CHARS
              + " bytes");
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
