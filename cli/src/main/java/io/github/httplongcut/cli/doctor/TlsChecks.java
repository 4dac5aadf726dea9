package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.amqp.DemoPasswords;
import io.github.httplongcut.upstream.http.TargetConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Checks of the category {@code tls}. */
final class TlsChecks {

  private static final String NO_TLS = "the address of RabbitMQ is amqp://, without TLS";

  private final Facts facts;
  private final Clock clock;

  /** Certificates of RabbitMQ's nodes that answer. */
  private final Once<Map<Address, ServerCertificate>> certificates;

  TlsChecks(Facts facts, Clock clock) {
    this.facts = facts;
    this.clock = clock;
    this.certificates = new Once<>(this::look);
  }

  List<DoctorCheck> all() {
    return List.of(
        DoctorCheck.of(Finding.TLS_RABBITMQ, this::rabbitMq, Finding.RABBITMQ_RESPONDS),
        DoctorCheck.of(Finding.TLS_EXPIRY, this::expiry, Finding.RABBITMQ_RESPONDS),
        DoctorCheck.of(Finding.TLS_INSECURE, this::insecure, Finding.CONFIG_FILE));
  }

  private Map<Address, ServerCertificate> look() throws Exception {
    AmqpView amqp = facts.requiredAmqp();
    AmqpConfig.Tls tls = tls().orElseThrow();
    Map<Address, ServerCertificate> found = new LinkedHashMap<>();
    for (Address node : amqp.responding()) {
      found.put(node, ServerCertificate.of(node.host(), node.port(), tls, clock.instant()));
    }
    return found;
  }

  private Optional<AmqpConfig.Tls> tls() {
    return facts.requiredAmqp().config().tls();
  }

  /** Everything about RabbitMQ's certificates but their expiry in the next days. */
  private CheckResult rabbitMq() throws Exception {
    if (tls().isEmpty()) {
      return CheckResult.ok(Finding.TLS_RABBITMQ, NO_TLS);
    }
    Map<Address, ServerCertificate> all = certificates.get();
    List<CheckResult> failures = new ArrayList<>();
    all.forEach(
        (node, certificate) ->
            certificate
                .fault()
                .filter(fault -> fault != CertificateFault.EXPIRES_SOON)
                .ifPresent(
                    fault ->
                        failures.add(failure(Finding.TLS_RABBITMQ, node, fault, certificate))));
    if (failures.isEmpty()) {
      return CheckResult.ok(
          Finding.TLS_RABBITMQ, "the TLS handshake with " + words(all.keySet()) + " succeeds");
    }
    return failures.size() == all.size() ? failures.get(0) : failures.get(0).inPart();
  }

  private static CheckResult failure(
      Finding finding, Address server, CertificateFault fault, ServerCertificate certificate) {
    return CheckResult.fail(finding, server + ": " + fault.words(), certificate.detail())
        .withRemedy(fault.remedy());
  }

  private CheckResult expiry() throws Exception {
    if (tls().isEmpty()) {
      return CheckResult.ok(Finding.TLS_EXPIRY, NO_TLS);
    }
    List<String> seen = new ArrayList<>();
    for (Map.Entry<String, ServerCertificate> each : expiring().entrySet()) {
      ServerCertificate certificate = each.getValue();
      Optional<CertificateFault> fault =
          certificate
              .fault()
              .filter(
                  found ->
                      found == CertificateFault.EXPIRED || found == CertificateFault.EXPIRES_SOON);
      if (fault.isPresent()) {
        return CheckResult.failInPart(
            Finding.TLS_EXPIRY, each.getKey() + ": " + fault.get().words(), certificate.detail());
      }
      seen.add(each.getKey() + ' ' + certificate.detail());
    }
    return CheckResult.ok(Finding.TLS_EXPIRY, String.join(", ", seen));
  }

  /** Returns RabbitMQ's certificates and our own. */
  private Map<String, ServerCertificate> expiring() throws Exception {
    Map<String, ServerCertificate> all = new LinkedHashMap<>();
    Optional<Path> own = tls().flatMap(AmqpConfig.Tls::certFile);
    if (own.isPresent()) {
      all.put(own.get().toString(), ServerCertificate.ofDates(read(own.get()), clock.instant()));
    }
    certificates.get().forEach((node, certificate) -> all.put(node.toString(), certificate));
    return all;
  }

  private static List<X509Certificate> read(Path file) throws IOException, CertificateException {
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)))
        .stream()
        .map(X509Certificate.class::cast)
        .toList();
  }

  private CheckResult insecure() {
    List<String> seen = new ArrayList<>();
    Optional<AmqpConfig> amqp = facts.amqp().map(AmqpView::config);
    if (amqp.flatMap(AmqpConfig::tls).map(AmqpConfig.Tls::insecure).orElse(false)) {
      seen.add("longcut.amqp.tls.insecure is true");
    }
    if (amqp.isPresent() && amqp.get().tls().isEmpty()) {
      for (Address node : amqp.get().addresses()) {
        if (isPublic(node.host())) {
          seen.add("amqp://" + node + " has no TLS");
        }
      }
    }
    for (TargetConfig target : facts.given().served()) {
      if (target.trust().insecure()) {
        seen.add("target " + target.name() + " has insecure = true");
      }
    }
    return seen.isEmpty()
        ? CheckResult.ok(
            Finding.TLS_INSECURE,
            "no connection over a public network without a verified certificate")
        : CheckResult.failInPart(
            Finding.TLS_INSECURE,
            String.join(", ", seen),
            "anybody on the path can read and change the traffic, passwords included");
  }

  /** Returns whether the host is neither this machine nor in a private network. */
  private boolean isPublic(String host) {
    if (DemoPasswords.isLoopback(host)) {
      return false;
    }
    List<InetAddress> addresses;
    try {
      addresses = facts.network().resolve(host);
    } catch (IOException e) {
      return false; // another check reports that
    }
    for (InetAddress address : addresses) {
      boolean isPrivate =
          address.isLoopbackAddress()
              || address.isSiteLocalAddress()
              || address.isLinkLocalAddress()
              || isUniqueLocal(address);
      if (!isPrivate) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether the address is in fc00::/7 (RFC 4193). */
  private static boolean isUniqueLocal(InetAddress address) {
    byte[] bytes = address.getAddress();
    return bytes.length == 16 && (bytes[0] & 0xfe) == 0xfc;
  }

  private static String words(Iterable<Address> addresses) {
    List<String> words = new ArrayList<>();
    addresses.forEach(address -> words.add(address.toString()));
    return String.join(", ", words);
  }
}
