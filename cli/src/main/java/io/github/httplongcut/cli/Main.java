package io.github.httplongcut.cli;

import io.github.httplongcut.cli.diag.DiagCommand;
import io.github.httplongcut.cli.doctor.DoctorCommand;
import io.github.httplongcut.cli.echo.EchoCommand;
import io.github.httplongcut.cli.grant.GrantCommand;
import io.github.httplongcut.cli.grant.GrantsCommand;
import io.github.httplongcut.cli.grant.RevokeCommand;
import io.github.httplongcut.cli.join.JoinCommand;
import io.github.httplongcut.cli.output.PlainText;
import io.github.httplongcut.cli.output.Terminal;
import io.github.httplongcut.cli.status.StatusCommand;
import io.github.httplongcut.cli.tap.TapCommand;
import io.github.httplongcut.cli.trace.TraceCommand;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.process.HiddenLogins;
import io.github.httplongcut.process.NameLookups;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the tools' jar. The launcher {@code ./longcut} passes on its arguments. */
@Command(
    name = "longcut",
    description = "The tools of HTTP LongCut.",
    subcommands = {
      StatusCommand.class,
      TraceCommand.class,
      DoctorCommand.class,
      DiagCommand.class,
      GrantCommand.class,
      RevokeCommand.class,
      GrantsCommand.class,
      JoinCommand.class,
      TapCommand.class,
      EchoCommand.class
    },
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class)
public final class Main {

  /** Longest error message. It may list many invalid settings. */
  private static final int MAX_ERROR = 4_000;

  private static final String VISIBLE_PASSWORD =
      "longcut: warning: the list of processes shows the password to every user of this machine;"
          + " use --amqp-password-file or --management-password-file, or the LONGCUT_ variables";

  private Main() {}

  public static void main(String[] args) {
    NameLookups.keepBriefly();
    CommandLine commandLine = commandLine();
    commandLine.setOut(Terminal.out());
    commandLine.setErr(Terminal.err());
    // Ends threads that wait for a source that hangs.
    System.exit(commandLine.execute(args));
  }

  /**
   * Returns the command line, with the exit codes of {@link
   * io.github.httplongcut.cli.output.ExitCode}. A failure of a tool is one line on standard error.
   */
  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Main());
    prepare(commandLine);
    commandLine.setExecutionStrategy(
        parsed -> {
          if (parsed.originalArgs().stream().anyMatch(Secret::isInUrl)) {
            commandLine.getErr().println(VISIBLE_PASSWORD);
            commandLine.getErr().flush();
          }
          return new CommandLine.RunLast().execute(parsed);
        });
    return commandLine;
  }

  /** Makes a command report failures as all tools do. */
  static void prepare(CommandLine commandLine) {
    commandLine.setExecutionExceptionHandler(
        (exception, command, parsed) -> {
          if (exception instanceof CommandFailedException failure) {
            command.getErr().println("longcut: " + PlainText.of(failure.getMessage(), MAX_ERROR));
            return failure.exitCode().code();
          }
          throw exception;
        });
    HiddenLogins.in(commandLine);
  }
}
