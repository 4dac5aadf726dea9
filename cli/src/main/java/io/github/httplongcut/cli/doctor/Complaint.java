package io.github.httplongcut.cli.doctor;

import java.util.Optional;

/** Kinds of reasons that upstream agents give for not serving a target well. */
enum Complaint {
  SERVER,
  HEALTH,
  CERTIFICATE,
  /** The agent stops, or has lost RabbitMQ: nothing that a server could cause. */
  OTHER;

  /** Returns the kind of a reason, by the words that the upstream agent uses. */
  static Complaint of(String reason) {
    if (reason.contains("TLS handshake failed")) {
      return CERTIFICATE;
    }
    if (reason.contains("cannot connect to")) {
      return SERVER;
    }
    return reason.contains("health check") ? HEALTH : OTHER;
  }

  /** Returns the fault of the certificate that a reason tells of, by the words that Java uses. */
  static Optional<CertificateFault> certificateFault(String reason) {
    if (of(reason) != CERTIFICATE) {
      return Optional.empty();
    }
    if (reason.contains("NotAfter")) {
      return Optional.of(CertificateFault.EXPIRED);
    }
    if (reason.contains("NotBefore")) {
      return Optional.of(CertificateFault.NOT_YET_VALID);
    }
    if (reason.contains("certification path") || reason.contains("PKIX")) {
      return Optional.of(CertificateFault.UNKNOWN_CA);
    }
    return Optional.of(
        reason.contains("subject alternative") || reason.contains("No name matching")
            ? CertificateFault.WRONG_HOST
            : CertificateFault.HANDSHAKE_FAILED);
  }
}
