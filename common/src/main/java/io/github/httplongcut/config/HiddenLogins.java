package io.github.httplongcut.config;

import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;

/** Keeps the logins of URLs on a command line out of what picocli says about wrong ones. */
public final class HiddenLogins {

  private HiddenLogins() {}

  /** Changes the answer of that command, and of its subcommands, to a wrong command line. */
  public static void in(CommandLine commandLine) {
    IParameterExceptionHandler standard = commandLine.getParameterExceptionHandler();
    commandLine.setParameterExceptionHandler(
        (failure, arguments) ->
            standard.handleParseException(hidden(failure, arguments), arguments));
  }

  private static ParameterException hidden(ParameterException failure, String... arguments) {
    String message = failure.getMessage();
    for (String argument : arguments) {
      String value = argument.substring(argument.indexOf('=') + 1);
      message =
          message
              .replace(argument, Secret.hiddenIn(argument))
              .replace(value, Secret.hiddenIn(value));
    }
    return message.equals(failure.getMessage())
        ? failure
        : new ParameterException(failure.getCommandLine(), message);
  }
}
