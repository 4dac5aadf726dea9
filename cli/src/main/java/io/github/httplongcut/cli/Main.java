package io.github.httplongcut.cli;

import io.github.httplongcut.cli.echo.EchoCommand;
import io.github.httplongcut.cli.tap.TapCommand;
import io.github.httplongcut.process.HiddenLogins;
import io.github.httplongcut.process.NameLookups;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the tools' jar. The launcher {@code ./longcut} passes on its arguments. */
@Command(
    name = "longcut",
    description = "The tools of HTTP LongCut.",
    subcommands = {EchoCommand.class, TapCommand.class},
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class)
public final class Main {

  private Main() {}

  public static void main(String[] args) {
    NameLookups.keepBriefly();
    System.exit(commandLine().execute(args));
  }

  /**
   * Returns the command line. Exit codes: 0 for success, 1 for a failure with one line on standard
   * error, 2 for an invalid command line.
   */
  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Main());
    commandLine.setExecutionExceptionHandler(
        (exception, command, parsed) -> {
          if (!(exception instanceof CommandFailedException)) {
            throw exception;
          }
          command.getErr().println("longcut: " + exception.getMessage());
          return CommandLine.ExitCode.SOFTWARE;
        });
    HiddenLogins.in(commandLine);
    return commandLine;
  }
}
