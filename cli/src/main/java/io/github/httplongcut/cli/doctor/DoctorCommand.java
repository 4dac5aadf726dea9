package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.cli.VersionProvider;
import io.github.httplongcut.cli.doctor.Examination.Stage;
import io.github.httplongcut.cli.output.Colours;
import io.github.httplongcut.cli.output.ExitCode;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.cli.sources.SourceOptions;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code longcut doctor}: checks the relay and its RabbitMQ, and names the remedies. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    sortOptions = false,
    description = {
      "Check the relay and its RabbitMQ, in less than 5 seconds. Each failure has its remedy.",
      "Without --management, the doctor checks what a tenant sees over AMQP. It finds out the"
          + " permissions of the user by attempts that have no effect; RabbitMQ's log shows the"
          + " refused ones.",
      "Exit code: 0 if no check failed, 1 if one did, 2 for a wrong usage."
    })
public final class DoctorCommand implements Callable<Integer> {

  @Mixin private final SourceOptions sources;

  @Option(
      names = "--before-start",
      description = "Run only the checks that need no process of the relay.")
  private boolean beforeStart;

  @Option(
      names = "--production",
      description =
          "Check also what must be right before production (docs/security.md has the checklist). A"
              + " trial fails these checks.")
  private boolean production;

  @Option(
      names = "--only",
      paramLabel = "CATEGORY",
      converter = CheckCategory.Converter.class,
      description =
          "Show only the checks of this category, and failures of the checks that they need; repeat"
              + " the option for several: config, network, tls, rabbitmq, topology, permissions,"
              + " targets, relay, production.")
  private Set<CheckCategory> only = EnumSet.noneOf(CheckCategory.class);

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private CommandSpec spec;

  public DoctorCommand() {
    this(new SourceOptions());
  }

  DoctorCommand(SourceOptions sources) {
    this.sources = sources;
  }

  @Override
  public Integer call() {
    Set<CheckCategory> categories = only.isEmpty() ? CheckCategory.usual() : only;
    if (production) {
      categories = EnumSet.copyOf(categories);
      categories.add(CheckCategory.PRODUCTION);
    }
    DoctorReport report =
        Examination.run(sources, beforeStart ? Stage.BEFORE_START : Stage.RUNNING, categories);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonOutput.indented(report.json()));
    } else {
      report.lines(Colours.ofTerminal()).forEach(out::println);
    }
    out.flush();
    return (report.failed() ? ExitCode.FAILURE : ExitCode.WELL).code();
  }
}
