package io.github.httplongcut.cli.grant;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.VersionProvider;
import io.github.httplongcut.cli.grant.Granting.Outcome;
import io.github.httplongcut.cli.join.JoiningFile;
import io.github.httplongcut.cli.join.PrivateFile;
import io.github.httplongcut.cli.join.RabbitMqAddress;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.cli.sources.SourceOptions;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code longcut grant}: creates a RabbitMQ user for processes of a role, or changes it. */
@Command(
    name = "grant",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    sortOptions = false,
    description = {
      "Create a RabbitMQ user for the processes of a party, with exactly the permissions that they"
          + " need, and write a file with which they join. A second grant changes what the user may"
          + " call or serve, and keeps its password.",
      "Needs --management with an administrator's login. Use the variables, so that no process list"
          + " shows the password.",
      "Exit code: 0 if the user has the grant, 1 if not, 2 for a wrong usage."
    })
public final class GrantCommand implements Callable<Integer> {

  /** A change may take RabbitMQ longer than the answer to a question. */
  static final Duration LIMIT = Duration.ofSeconds(10);

  @Mixin private final SourceOptions sources;
  @Mixin private final JoiningFileOptions file = new JoiningFileOptions();

  @Parameters(
      index = "0",
      paramLabel = "ROLE",
      converter = RoleConverter.class,
      description = "client-agent, broker or upstream-agent.")
  private Role role;

  @Parameters(index = "1", paramLabel = "NAME", description = "Name of the RabbitMQ user.")
  private String name;

  @Option(
      names = "--targets",
      split = ",",
      paramLabel = "TARGET",
      description =
          "Targets, separated by commas, that a client agent may call, or an upstream agent serve.")
  private List<String> targets = List.of();

  @Option(
      names = "--processes",
      paramLabel = "N",
      description =
          "Number of processes that may run at the same time (default: 1 for a new user; otherwise"
              + " the limits stay). RabbitMQ limits the user to 4 connections and 40 channels for"
              + " each agent, and to 8 connections for each broker.")
  private Integer processes;

  @Option(
      names = "--new-password",
      description =
          "Change the password. Open connections stay open, so that the processes go on until they"
              + " have the new file.")
  private boolean newPassword;

  @Option(
      names = "--close-connections",
      description =
          "Close the user's connections even if its permissions stay: after --new-password, the"
              + " processes log in with the new password.")
  private boolean closeConnections;

  @Option(
      names = "--vhost",
      paramLabel = "VHOST",
      description =
          "RabbitMQ's vhost (default: that of --address, of the existing file, or of --amqp,"
              + " else longcut).")
  private String vhost;

  @Option(
      names = "--print",
      description =
          "Print the user as RabbitMQ definitions, for 'rabbitmqctl import_definitions', and change"
              + " nothing in RabbitMQ.")
  private boolean print;

  @Spec private CommandSpec spec;

  public GrantCommand() {
    this(new SourceOptions(System.getenv(), LIMIT));
  }

  GrantCommand(SourceOptions sources) {
    this.sources = sources;
  }

  @Override
  public Integer call() {
    OptionalInt number = processes == null ? OptionalInt.empty() : OptionalInt.of(processes);
    Grant grant = new Grant(role, name, chosenVhost(), targets, number);
    if (print) {
      print(grant);
    } else {
      carryOut(grant);
    }
    return 0;
  }

  private String chosenVhost() {
    Optional<String> inAddress = file.vhost();
    if (vhost != null && inAddress.isPresent() && !inAddress.get().equals(vhost)) {
      throw CommandFailedException.usage("--vhost and --address name different vhosts");
    }
    return Optional.ofNullable(vhost)
        .or(() -> inAddress)
        .or(() -> file.existing(role, name).map(JoiningFile::vhost))
        .orElseGet(sources::vhost);
  }

  private void carryOut(Grant grant) {
    UserAdministration users = new UserAdministration(sources.requiredManagement(grant.vhost()));
    Granting granting = Granting.prepare(users, grant);
    warnOfBrokers(users, grant);
    Optional<Secret> password =
        newPassword || granting.needsPassword()
            ? Optional.of(PasswordHash.newPassword())
            : Optional.empty();
    Optional<JoiningFile> content =
        password
            .map(fresh -> file.content(grant, fresh, granting::isPassword, sources))
            .or(() -> renewedFile(grant, granting));
    if (content.isEmpty()) {
      report(grant, granting.carryOut(password, Optional.empty(), closeConnections), false);
      noFile(granting);
      return;
    }
    try (PrivateFile staged = stage(grant, content.get())) {
      report(grant, granting.carryOut(password, Optional.of(staged), closeConnections), true);
    }
  }

  private void warnOfBrokers(UserAdministration users, Grant grant) {
    if (grant.role() == Role.BROKER) {
      users
          .brokers()
          .with(grant.user())
          .warning()
          .ifPresent(
              warning -> spec.commandLine().getErr().println("longcut: warning: " + warning));
    }
  }

  private Optional<JoiningFile> renewedFile(Grant grant, Granting granting) {
    Optional<JoiningFile> old =
        file.existing(grant).filter(found -> granting.isPassword(found.password()));
    if (old.isEmpty() && file.isGiven()) {
      throw CommandFailedException.usage(
          "--out: RabbitMQ does not give away the password of '%s', and the file does not have it;"
                  .formatted(name)
              + " omit --out, or change the password with --new-password");
    }
    return old.map(found -> file.renewed(grant, found, sources));
  }

  /** Says how to get a file, for example after a grant that failed with the password set. */
  private void noFile(Granting granting) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        granting.hasPassword()
            ? "kept the password, and wrote no file; if nobody has the file, repeat the command with"
                + " --new-password"
            : "kept the user without a password, and wrote no file; if it does not log in by"
                + " certificate, repeat the command with --new-password");
    out.flush();
  }

  private PrivateFile stage(Grant grant, JoiningFile content) {
    if (content.addresses().stream().anyMatch(RabbitMqAddress::isExposed)) {
      spec.commandLine()
          .getErr()
          .println(
              "longcut: warning: with amqp:// everybody on the network path can read the password"
                  + " and all traffic, so './longcut join' and the process refuse this address"
                  + " unless the party sets longcut.amqp.plain-text = allowed; give --address with"
                  + " amqps://");
    }
    return PrivateFile.stage(file.path(grant), content.text());
  }

  private void print(Grant grant) {
    Optional<JoiningFile> old = newPassword ? Optional.empty() : file.existing(grant);
    Secret password = old.map(JoiningFile::password).orElseGet(PasswordHash::newPassword);
    try (PrivateFile staged = stage(grant, file.content(grant, password, any -> true, sources))) {
      staged.commit();
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println(JsonOutput.indented(GrantDefinitions.of(grant, password)));
    out.flush();
    PrintWriter err = spec.commandLine().getErr();
    err.println(
        "longcut: wrote %s, with the password of these definitions; an import deletes nothing, so if '%s' existed"
                .formatted(file.path(grant), grant.user())
            + " before, then repeat this command without --print and with --close-connections, which"
            + " removes its old bindings and topic permissions");
    err.flush();
  }

  private void report(Grant grant, Outcome outcome, boolean fileWritten) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        "%s the user '%s': %s, in the vhost '%s'"
            .formatted(
                outcome.created() ? "created" : outcome.changed() ? "changed" : "kept",
                grant.user(),
                grant.inWords(),
                grant.vhost()));
    if (outcome.passwordChanged()) {
      out.println("changed the password");
    }
    if (outcome.closed() > 0) {
      out.println("closed " + Traces.counted(outcome.closed(), "connection"));
    }
    if (outcome.removed() > 0) {
      out.println(
          "removed "
              + Traces.counted(outcome.removed(), "binding")
              + " that it may no longer have");
    }
    if (!outcome.isLimited()) {
      out.println("RabbitMQ does not limit its connections; to limit them, add --processes N");
    }
    if (grant.role() == Role.UPSTREAM_AGENT && !outcome.lost().isEmpty()) {
      out.println(
          "remove %s from the settings of the upstream agents of '%s': an agent with a target that is not granted serves none"
              .formatted(String.join(", ", outcome.lost()), grant.user()));
    }
    if (fileWritten) {
      out.println("wrote " + file.path(grant) + ", which contains the password");
      out.println("next, where the process is to run: " + joinCommand(grant));
    }
    out.flush();
  }

  private String joinCommand(Grant grant) {
    String command = "./longcut join " + file.path(grant).getFileName();
    return switch (grant.role()) {
      case CLIENT_AGENT -> command + " --port 8000";
      case BROKER -> command;
      case UPSTREAM_AGENT -> command + " --target " + grant.targets().get(0) + "=http://HOST:PORT";
    };
  }
}
