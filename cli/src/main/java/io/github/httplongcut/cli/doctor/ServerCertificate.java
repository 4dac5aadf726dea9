package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.cli.doctor.TlsHandshake.Verify;
import io.github.httplongcut.cli.sources.Reasons;
import io.github.httplongcut.tls.TlsContexts;
import java.io.IOException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/**
 * A server's certificate, as a client with certain TLS settings sees it.
 *
 * @param fault the gravest fault; empty if there is none
 * @param detail details of the fault; without a fault, the time of the expiry
 */
record ServerCertificate(Optional<CertificateFault> fault, String detail) {

  /** Time before the expiry from which on a certificate should be renewed. */
  static final Duration SOON = Duration.ofDays(14);

  private static final String NOT_TLS = "Unsupported or unrecognized SSL message";

  /**
   * Connects and looks. Shakes hands without verification to see the certificate, then with it, and
   * if that fails without the host name.
   *
   * @throws IOException if the server cannot be reached, or does not answer
   */
  static ServerCertificate of(String host, int port, AmqpConfig.Tls tls, Instant now)
      throws IOException {
    List<X509Certificate> chain;
    try (SSLSocket socket = TlsHandshake.connect(host, port, tls, Verify.NOTHING)) {
      chain = TlsHandshake.chain(socket);
    } catch (SSLException e) {
      String why = Reasons.of(e);
      return faulty(
          why.contains(NOT_TLS) ? CertificateFault.NO_TLS : CertificateFault.HANDSHAKE_FAILED, why);
    }
    ServerCertificate dates = ofDates(chain, now);
    boolean invalid = dates.fault.isPresent() && dates.fault.get() != CertificateFault.EXPIRES_SOON;
    if (invalid || tls.insecure()) {
      return dates;
    }
    return refused(host, port, tls, chain.get(0)).orElse(dates);
  }

  /** Judges certificates by their dates only. */
  static ServerCertificate ofDates(Collection<X509Certificate> chain, Instant now) {
    Instant expires =
        chain.stream()
            .map(each -> each.getNotAfter().toInstant())
            .min(Instant::compareTo)
            .orElseThrow();
    Instant begins =
        chain.stream()
            .map(each -> each.getNotBefore().toInstant())
            .max(Instant::compareTo)
            .orElseThrow();
    if (!expires.isAfter(now)) {
      return faulty(CertificateFault.EXPIRED, "it expired at " + seconds(expires));
    }
    if (begins.isAfter(now)) {
      return faulty(CertificateFault.NOT_YET_VALID, "it is valid from " + seconds(begins));
    }
    if (!expires.isAfter(now.plus(SOON))) {
      return faulty(
          CertificateFault.EXPIRES_SOON,
          "it expires in %d days, at %s"
              .formatted(Duration.between(now, expires).toDays(), seconds(expires)));
    }
    return new ServerCertificate(Optional.empty(), "expires at " + seconds(expires));
  }

  /** Shakes hands as a client that verifies. */
  private static Optional<ServerCertificate> refused(
      String host, int port, AmqpConfig.Tls tls, X509Certificate certificate) throws IOException {
    // Java cannot verify a host name with an underscore; the upstream agent can.
    Verify strictest = TlsContexts.verifies(host) ? Verify.CA_AND_HOST : Verify.CA;
    if (accepts(host, port, tls, strictest)) {
      return Optional.empty();
    }
    return Optional.of(
        strictest == Verify.CA_AND_HOST && accepts(host, port, tls, Verify.CA)
            ? faulty(CertificateFault.WRONG_HOST, "it is for " + names(certificate))
            : faulty(
                CertificateFault.UNKNOWN_CA,
                "issued by " + certificate.getIssuerX500Principal().getName()));
  }

  private static boolean accepts(String host, int port, AmqpConfig.Tls tls, Verify verify)
      throws IOException {
    try (SSLSocket socket = TlsHandshake.connect(host, port, tls, verify)) {
      return socket.isConnected();
    } catch (SSLException e) {
      return false;
    }
  }

  /** Returns the names for which the certificate is valid. */
  private static String names(X509Certificate certificate) {
    try {
      Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
      if (alternatives != null && !alternatives.isEmpty()) {
        return alternatives.stream()
            .map(each -> String.valueOf(each.get(1)))
            .collect(Collectors.joining(", "));
      }
    } catch (CertificateParsingException e) {
      return "names that cannot be read";
    }
    return certificate.getSubjectX500Principal().getName();
  }

  private static ServerCertificate faulty(CertificateFault fault, String detail) {
    return new ServerCertificate(Optional.of(fault), detail);
  }

  private static String seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
