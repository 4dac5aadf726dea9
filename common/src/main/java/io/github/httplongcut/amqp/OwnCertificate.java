package io.github.httplongcut.amqp;

import io.github.httplongcut.tls.TlsContexts;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;

/** Certificate of this process, with which it logs in. Its common name must be the user's name. */
record OwnCertificate(Path file) {

  private static final String COMMON_NAME = "CN";

  /**
   * Checks that RabbitMQ can take the certificate for this user's. RabbitMQ needs the setting
   * {@code ssl_cert_login_from = common_name}.
   *
   * @throws LoginException if the file holds no certificate, or one of another user
   */
  void requireUser(String user) throws LoginException {
    List<String> names = commonNames(read());
    if (!names.equals(List.of(user))) {
      throw new LoginException(
          ("the certificate %s has the common name %s, but the user in the address is %s; use the"
                  + " certificate of this user, or correct the address")
              .formatted(file, names.isEmpty() ? "(none)" : String.join(", ", names), user));
    }
  }

  /**
   * Checks that the certificate is valid at a time.
   *
   * @throws LoginException if it has expired, or is not valid yet
   */
  void requireValid(Instant now) throws LoginException {
    X509Certificate certificate = read();
    Instant end = certificate.getNotAfter().toInstant();
    if (now.isAfter(end)) {
      throw new LoginException(
          "the certificate %s expired at %s; replace the file and its key with new ones"
              .formatted(file, end));
    }
    Instant begin = certificate.getNotBefore().toInstant();
    if (now.isBefore(begin)) {
      throw new LoginException(
          "the certificate %s is not valid before %s; check the clock of this machine"
              .formatted(file, begin));
    }
  }

  private X509Certificate read() throws LoginException {
    try {
      return TlsContexts.certificate(file);
    } catch (IOException | GeneralSecurityException e) {
      throw new LoginException(
          "the certificate %s cannot be read: %s; write a certificate in PEM format into the file"
              .formatted(file, e.getMessage()));
    }
  }

  private static List<String> commonNames(X509Certificate certificate) {
    try {
      return new LdapName(certificate.getSubjectX500Principal().getName())
          .getRdns().stream()
              .filter(rdn -> rdn.getType().equalsIgnoreCase(COMMON_NAME))
              .map(rdn -> rdn.getValue().toString())
              .toList();
    } catch (InvalidNameException e) {
      return List.of();
    }
  }
}
