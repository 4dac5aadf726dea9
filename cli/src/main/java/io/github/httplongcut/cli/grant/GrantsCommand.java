package io.github.httplongcut.cli.grant;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.cli.VersionProvider;
import io.github.httplongcut.cli.output.ExitCode;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.cli.output.Paint;
import io.github.httplongcut.cli.output.Terminal;
import io.github.httplongcut.cli.output.TextTable;
import io.github.httplongcut.cli.sources.SourceOptions;
import io.github.httplongcut.config.Role;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code longcut grants}: lists the users of the relay's processes. */
@Command(
    name = "grants",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    sortOptions = false,
    description = {
      "List the RabbitMQ users of the relay's processes: what they may call or serve, their limits,"
          + " their connections now, and what differs from a grant.",
      "Exit code: 0 if nothing differs, 1 if something does, 2 for a wrong usage."
    })
public final class GrantsCommand implements Callable<Integer> {

  @Mixin private final SourceOptions sources;

  @Option(
      names = "--vhost",
      paramLabel = "VHOST",
      description = "RabbitMQ's vhost (default: that of --amqp, else longcut).")
  private String vhost;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private CommandSpec spec;

  public GrantsCommand() {
    this(new SourceOptions(System.getenv(), GrantCommand.LIMIT));
  }

  GrantsCommand(SourceOptions sources) {
    this.sources = sources;
  }

  @Override
  public Integer call() {
    UserAdministration users =
        new UserAdministration(
            sources.requiredManagement(Optional.ofNullable(vhost).orElseGet(sources::vhost)));
    users.requireVhost();
    List<GrantRow> rows =
        users.all().stream()
            .flatMap(
                user -> GrantRow.of(user, () -> users.connections(user.name()).size()).stream())
            .sorted(Comparator.comparing(GrantRow::roleName).thenComparing(GrantRow::user))
            .toList();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonOutput.indented(json(rows)));
    } else {
      table(rows).lines(Terminal.layout()).forEach(out::println);
    }
    out.flush();
    warnOfBrokers(users.vhost(), rows);
    boolean well = rows.stream().allMatch(row -> row.complaints().isEmpty());
    return (well ? ExitCode.WELL : ExitCode.FAILURE).code();
  }

  /** A warning is no complaint: the brokers' settings may name the users. */
  private void warnOfBrokers(String name, List<GrantRow> rows) {
    List<String> brokers =
        rows.stream()
            .filter(row -> row.role().filter(Role.BROKER::equals).isPresent())
            .map(GrantRow::user)
            .toList();
    new BrokerUsers(name, brokers)
        .warning()
        .ifPresent(warning -> spec.commandLine().getErr().println("longcut: warning: " + warning));
  }

  private static ObjectNode json(List<GrantRow> rows) {
    ObjectNode all = JsonOutput.object();
    ArrayNode grants = all.putArray("grants");
    for (GrantRow row : rows) {
      ObjectNode grant = grants.addObject();
      grant.put("user", row.user());
      grant.put("role", row.roleName());
      ArrayNode targets = grant.putArray("targets");
      row.targets().forEach(targets::add);
      grant.set("limits", row.limits().json());
      grant.put("connections", row.connections());
      ArrayNode complaints = grant.putArray("complaints");
      row.complaints().forEach(complaints::add);
    }
    return all;
  }

  private static TextTable table(List<GrantRow> rows) {
    TextTable table = new TextTable("USER", "ROLE", "TARGETS", "CONNECTIONS", "LIMIT", "CHANNELS");
    for (GrantRow row : rows) {
      table.add(
          row.complaints().isEmpty() ? Paint.PLAIN : Paint.BAD,
          String.join("; ", row.complaints()),
          row.user(),
          row.roleName(),
          String.join(",", row.targets()),
          Integer.toString(row.connections()),
          limit(row.limits().connections()),
          limit(row.limits().channels()));
    }
    return table;
  }

  private static String limit(int limit) {
    return limit < 0 ? "none" : Integer.toString(limit);
  }
}
