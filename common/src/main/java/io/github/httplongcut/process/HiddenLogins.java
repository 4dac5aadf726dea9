package io.github.httplongcut.process;

import io.github.httplongcut.config.Secret;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;

/** Hides the logins of URLs in picocli's error messages, which quote the command line. */
public final class HiddenLogins {

  private HiddenLogins() {}

  /** Installs the error handler in a command and its subcommands. */
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
