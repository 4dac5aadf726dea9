package io.github.httplongcut.cli;

import io.github.httplongcut.cli.sources.SourceOptions;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine;

/**
 * Runs a tool as the launcher does, without this process's environment. Sources have more time than
 * usual, since the machine of the tests may be busy.
 */
public final class Tools {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final Function<SourceOptions, Callable<Integer>> creator;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private Tools(Function<SourceOptions, Callable<Integer>> creator) {
    this.creator = creator;
  }

  /** Returns a runner of the tool that {@code creator} creates. */
  public static Tools of(Function<SourceOptions, Callable<Integer>> creator) {
    return new Tools(creator);
  }

  /** Runs the tool and returns its exit code. The output before is forgotten. */
  public int run(String... arguments) {
    out.getBuffer().setLength(0);
    CommandLine commandLine = new CommandLine(creator.apply(new SourceOptions(Map.of(), LIMIT)));
    Main.prepare(commandLine);
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    return commandLine.execute(arguments);
  }

  /** Returns the standard output of the last run. */
  public String out() {
    return out.toString();
  }

  /** Returns the standard error of all runs. */
  public String err() {
    return err.toString();
  }
}
