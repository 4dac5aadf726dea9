package io.github.httplongcut.cli.grant;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.join.JoiningFile;
import io.github.httplongcut.cli.join.JoiningFileReader;
import io.github.httplongcut.cli.join.RabbitMqAddress;
import io.github.httplongcut.cli.sources.RelaySettings;
import io.github.httplongcut.cli.sources.SourceOptions;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import picocli.CommandLine.Option;

/** Options of the file that a grant writes. */
final class JoiningFileOptions {

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "File with the password for the party that joins; only its owner may read it (default:"
              + " NAME.longcut in this directory).")
  private Path out;

  @Option(
      names = "--address",
      paramLabel = "URI",
      description =
          "RabbitMQ as the party reaches it, without a login: amqps://host:5671/longcut; repeat the"
              + " option for the nodes of a cluster (default: those of the existing file, else the"
              + " address in --amqp or --config).")
  private List<String> addresses = List.of();

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description =
          "Certificates, in PEM format, of the CA that signed RabbitMQ's certificate (default:"
              + " those of the existing file, else that of --config, else those that the party's"
              + " Java trusts).")
  private Path ca;

  @Option(
      names = "--force",
      description =
          "Overwrite the file even if it is not for the same user, or does not have the user's"
              + " password.")
  private boolean force;

  private List<RabbitMqAddress> parsed() {
    return addresses.stream().map(text -> RabbitMqAddress.parse(text, "--address")).toList();
  }

  /** Returns the vhost in the addresses, if one names it. */
  Optional<String> vhost() {
    List<String> vhosts =
        parsed().stream().flatMap(each -> each.vhost().stream()).distinct().toList();
    if (vhosts.size() > 1) {
      throw CommandFailedException.usage("--address: expected the same vhost in each address");
    }
    return vhosts.stream().findFirst();
  }

  /** Returns whether the command line names a file. */
  boolean isGiven() {
    return out != null;
  }

  /** Returns the file. */
  Path path(Grant grant) {
    return path(grant.user());
  }

  private Path path(String user) {
    return out == null ? Path.of(user + ".longcut") : out;
  }

  /** Returns the file of this user and role that exists; empty if there is none. */
  Optional<JoiningFile> existing(Role role, String user) {
    try {
      return JoiningFileReader.find(path(user))
          .filter(found -> found.user().equals(user) && found.role() == role);
    } catch (CommandFailedException | InvalidPathException e) {
      return Optional.empty();
    }
  }

  /** Returns the file of this grant that exists; empty if there is none. */
  Optional<JoiningFile> existing(Grant grant) {
    return existing(grant.role(), grant.user())
        .filter(found -> found.vhost().equals(grant.vhost()));
  }

  /**
   * Returns the content of a file with this password. Takes addresses and CA of the existing file
   * only if that has a current password: otherwise it may belong to another RabbitMQ.
   *
   * @param isCurrent whether a password is the user's until now
   * @throws CommandFailedException if the file exists, and is not for the same user or does not
   *     have a current password, or if no address is given
   */
  JoiningFile content(
      Grant grant, Secret password, Predicate<Secret> isCurrent, SourceOptions sources) {
    Path path = path(grant);
    Optional<JoiningFile> old = existing(grant);
    if (Files.exists(path) && old.isEmpty() && !force) {
      throw CommandFailedException.usage(
          "%s exists and is not the file of '%s'; name another file with --out, or overwrite it with --force"
              .formatted(path, grant.user()));
    }
    Optional<JoiningFile> current = old.filter(found -> isCurrent.test(found.password()));
    if (old.isPresent() && current.isEmpty() && !force) {
      throw CommandFailedException.usage(
          "%s does not have the present password of '%s': it is of another RabbitMQ, of a revoked grant, or from before a change that failed midway; move it away, name another file with --out, or overwrite it with --force, and give --address and --ca again"
              .formatted(path, grant.user()));
    }
    return content(grant, password, current, sources);
  }

  /** Returns the content with the same password, and with the addresses that are given now. */
  JoiningFile renewed(Grant grant, JoiningFile old, SourceOptions sources) {
    return content(grant, old.password(), Optional.of(old), sources);
  }

  private JoiningFile content(
      Grant grant, Secret password, Optional<JoiningFile> old, SourceOptions sources) {
    List<RabbitMqAddress> nodes = parsed();
    if (nodes.isEmpty()) {
      nodes = old.map(JoiningFile::addresses).orElseGet(() -> addressesIn(sources));
    }
    Optional<String> certificates = certificates(sources);
    if (ca == null && old.isPresent()) {
      certificates = old.get().ca();
    }
    return new JoiningFile(
        grant.role(), grant.user(), password, grant.vhost(), nodes, grant.targets(), certificates);
  }

  private static List<RabbitMqAddress> addressesIn(SourceOptions sources) {
    AmqpConfig amqp =
        sources
            .settings()
            .map(RelaySettings::amqp)
            .orElseThrow(
                () ->
                    CommandFailedException.usage(
                        "--address is missing: name RabbitMQ as the party reaches it, such as"
                            + " amqps://rabbit-1.example:5671/longcut"));
    return amqp.addresses().stream()
        .map(node -> new RabbitMqAddress(amqp.tls().isPresent(), node, Optional.empty()))
        .toList();
  }

  private Optional<String> certificates(SourceOptions sources) {
    Optional<Path> file =
        Optional.ofNullable(ca)
            .or(
                () ->
                    sources
                        .settings()
                        .map(RelaySettings::amqp)
                        .flatMap(AmqpConfig::tls)
                        .flatMap(AmqpConfig.Tls::caFile));
    return file.map(JoiningFileOptions::certificates);
  }

  private static String certificates(Path file) {
    String text;
    try {
      text = Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw CommandFailedException.usage("--ca: cannot read " + file + ": " + e.getMessage());
    }
    String certificates = JoiningFile.certificatesIn(text);
    if (certificates.isEmpty()) {
      throw CommandFailedException.usage("--ca: " + file + " has no certificate in PEM format");
    }
    return certificates;
  }
}
