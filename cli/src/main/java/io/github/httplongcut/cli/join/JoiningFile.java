package io.github.httplongcut.cli.join;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.protocol.Names;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A grant for the party that uses it: all that a process needs to join (docs/join.md has the
 * format). Valid by construction, whoever made it. Contains a password.
 *
 * @param role role of the user's processes
 * @param user the RabbitMQ user
 * @param password the user's password
 * @param vhost RabbitMQ's vhost
 * @param addresses RabbitMQ's nodes, at least one
 * @param targets targets that the user may call or serve
 * @param ca certificates of the CAs that sign RabbitMQ's certificate, in PEM format; empty for
 *     those that the JVM trusts
 */
public record JoiningFile(
    Role role,
    String user,
    Secret password,
    String vhost,
    List<RabbitMqAddress> addresses,
    List<String> targets,
    Optional<String> ca) {

  /** Version of the format. */
  static final int VERSION = 1;

  private static final int MAX_ADDRESSES = 20;
  private static final int MAX_TARGETS = 500;
  private static final int MAX_TEXT = 256;
  private static final int MAX_CA = 128 << 10;
  private static final Pattern PASSWORD = Pattern.compile("[!-~]{1,256}");
  private static final Pattern VHOST = Pattern.compile("[^\\p{Cntrl}]{1,255}");

  /** Possessive, so that no text takes long. */
  private static final Pattern CERTIFICATE =
      Pattern.compile("-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\\s]++-----END CERTIFICATE-----");

  /**
   * @throws CommandFailedException if a part is invalid
   */
  public JoiningFile {
    addresses = List.copyOf(addresses);
    targets = List.copyOf(targets);
    require(Names.isName(user), "user", "a name of " + Names.FORM);
    require(
        PASSWORD.matcher(password.value()).matches(),
        "password",
        "1 to " + MAX_TEXT + " visible characters of ASCII");
    require(VHOST.matcher(vhost).matches(), "vhost", "1 to 255 visible characters");
    require(
        !addresses.isEmpty() && addresses.size() <= MAX_ADDRESSES,
        "addresses",
        "1 to " + MAX_ADDRESSES + " addresses");
    require(
        addresses.stream().map(RabbitMqAddress::encrypted).distinct().count() == 1,
        "addresses",
        "the same scheme in each address");
    require(
        targets.size() <= MAX_TARGETS && targets.stream().allMatch(Names::isName),
        "targets",
        "at most " + MAX_TARGETS + " names of " + Names.FORM);
    require(
        targets.isEmpty() == (role == Role.BROKER),
        "targets",
        "at least one for an agent, none for a broker");
    require(
        ca.isEmpty() || isCertificates(ca.get()),
        "ca",
        "certificates in PEM format, at most " + (MAX_CA >> 10) + " KiB");
  }

  private static void require(boolean holds, String field, String expected) {
    if (!holds) {
      throw CommandFailedException.usage(field + ": expected " + expected);
    }
  }

  private static boolean isCertificates(String pem) {
    // Nothing but certificates: a private key does not belong into this file.
    if (pem.length() > MAX_CA || !CERTIFICATE.matcher(pem).replaceAll("").isBlank()) {
      return false;
    }
    try {
      return !CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
          .isEmpty();
    } catch (CertificateException e) {
      return false;
    }
  }

  /** Returns the certificates in a text, without the comments between them. */
  public static String certificatesIn(String text) {
    return CERTIFICATE
        .matcher(text)
        .results()
        .map(certificate -> certificate.group() + '\n')
        .collect(Collectors.joining());
  }

  /** Returns the content of the file. */
  public String text() {
    ObjectNode json = JsonOutput.object();
    json.put("longcut_grant", VERSION);
    json.put("role", role.key());
    json.put("user", user);
    json.put("password", password.value());
    json.put("vhost", vhost);
    ArrayNode nodes = json.putArray("addresses");
    addresses.forEach(address -> nodes.add(address.toString()));
    ArrayNode names = json.putArray("targets");
    targets.forEach(names::add);
    ca.ifPresent(pem -> json.put("ca", pem));
    return JsonOutput.indented(json) + '\n';
  }
}
