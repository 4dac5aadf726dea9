package io.github.httplongcut.cli.grant;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.VersionProvider;
import io.github.httplongcut.cli.sources.SourceOptions;
import io.github.httplongcut.protocol.Names;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code longcut revoke}: removes a user and everything of it from RabbitMQ. */
@Command(
    name = "revoke",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    sortOptions = false,
    description = {
      "Delete a RabbitMQ user, close its connections, and remove every queue, exchange and binding"
          + " of its processes.",
      "Needs --management with the login of an administrator who has all permissions in the vhost.",
      "Exit code: 0 if nothing of the user is left, 1 if something is, 2 for a wrong usage."
    })
public final class RevokeCommand implements Callable<Integer> {

  @Mixin private final SourceOptions sources;

  @Parameters(index = "0", paramLabel = "NAME", description = "Name of the RabbitMQ user.")
  private String name;

  @Option(
      names = "--vhost",
      paramLabel = "VHOST",
      description = "RabbitMQ's vhost (default: that of --amqp, else longcut).")
  private String vhost;

  @Option(
      names = "--force",
      description =
          "Delete the user even if it is no process's user, such as one with a tag, or has"
              + " permissions in several vhosts. Removes what it has in each of them.")
  private boolean force;

  @Spec private CommandSpec spec;

  public RevokeCommand() {
    this(new SourceOptions(System.getenv(), GrantCommand.LIMIT));
  }

  RevokeCommand(SourceOptions sources) {
    this.sources = sources;
  }

  @Override
  public Integer call() {
    if (!Names.isName(name)) {
      throw CommandFailedException.usage(
          "NAME: expected a name of %s, found '%s'".formatted(Names.FORM, name));
    }
    UserAdministration users =
        new UserAdministration(
            sources.requiredManagement(Optional.ofNullable(vhost).orElseGet(sources::vhost)));
    if (name.equals(users.login())) {
      throw CommandFailedException.usage("'" + name + "' is the user of --management itself");
    }
    users.requireVhost();
    Optional<UserState> user = users.find(name);
    if (!force) {
      user.ifPresent(found -> requireGrant(found, users.vhost()));
    }
    Set<String> vhosts = new TreeSet<>(user.map(UserState::otherVhosts).orElse(Set.of()));
    vhosts.add(users.vhost());
    String removed = new Revoking(users, name, vhosts).carryOut();
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        user.isPresent()
            ? "deleted the user '" + name + "', and closed its connections"
            : "RabbitMQ has no user '" + name + "'");
    out.println(
        "removed %s; nothing of '%s' is left in %s"
            .formatted(removed, name, Revoking.inWords(vhosts)));
    out.flush();
    return 0;
  }

  private static void requireGrant(UserState user, String vhost) {
    String why = "";
    if (!user.tags().isEmpty()) {
      why = "has the tag " + String.join(", ", new TreeSet<>(user.tags()));
    } else if (!user.otherVhosts().isEmpty()) {
      requirePermission(user, vhost);
      why =
          "has permissions in other vhosts, too, and maybe queues, exchanges and bindings: "
              + String.join(", ", new TreeSet<>(user.otherVhosts()));
    } else if (!user.isEmpty() && user.role().isEmpty()) {
      why = "has other permissions than a process of the relay";
    }
    if (!why.isEmpty()) {
      throw new CommandFailedException(
          "the user '%s' %s; delete it nevertheless with --force".formatted(user.name(), why));
    }
  }

  /** Refuses a user that has permissions in other vhosts only. */
  private static void requirePermission(UserState user, String vhost) {
    if (user.rights().permission().isEmpty()) {
      TreeSet<String> others = new TreeSet<>(user.otherVhosts());
      throw new CommandFailedException(
          "the user '%s' has no permissions in the vhost '%s', but in: %s; repeat the command with"
                  .formatted(user.name(), vhost, String.join(", ", others))
              + " --vhost "
              + others.first());
    }
  }
}
