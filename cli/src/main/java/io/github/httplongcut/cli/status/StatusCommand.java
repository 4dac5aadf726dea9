package io.github.httplongcut.cli.status;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.VersionProvider;
import io.github.httplongcut.cli.output.ExitCode;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.cli.output.Layout;
import io.github.httplongcut.cli.output.Terminal;
import io.github.httplongcut.cli.sources.SourceOptions;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code longcut status}: shows the state of the relay once, or until Ctrl-C. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    sortOptions = false,
    description = {
      "Show RabbitMQ, brokers, targets, agents and queues, and what is wrong with them.",
      "Waits at most 2 s for each source. Exit code: 0 all is well, 1 there is a problem or a"
          + " source did not answer, 2 invalid options."
    })
public final class StatusCommand implements Callable<Integer> {

  private static final Duration INTERVAL = Duration.ofSeconds(2);

  @Mixin private final SourceOptions sources;

  @Option(names = "--watch", description = "Draw the status again every 2 s, until Ctrl-C.")
  private boolean watch;

  @Option(names = "--all", description = "Show all rows of each table, not only the first 8.")
  private boolean all;

  @Option(names = "--json", description = "Print one JSON object, with all rows.")
  private boolean json;

  @Spec private CommandSpec spec;

  public StatusCommand() {
    this(new SourceOptions());
  }

  StatusCommand(SourceOptions sources) {
    this.sources = sources;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (watch && json) {
      throw CommandFailedException.usage("--watch and --json exclude each other");
    }
    StatusQuestion question = new StatusQuestion(sources);
    if (question.isEmpty()) {
      throw CommandFailedException.usage(
          "no source; name a broker with --broker http://host:port, or RabbitMQ with --management"
              + " or --amqp, or start a demo in this checkout");
    }
    return watch ? watch(question) : once(question);
  }

  private int once(StatusQuestion question) {
    RelayStatus status = question.ask();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonOutput.indented(JsonOutput.tree(status)));
    } else {
      screen(status, Terminal.layout()).lines().forEach(out::println);
    }
    out.flush();
    return (status.well() ? ExitCode.WELL : ExitCode.FAILURE).code();
  }

  /** Ends with the process, or if the reader of the output has gone. */
  private int watch(StatusQuestion question) throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    try (Redrawn redrawn = Redrawn.on(out, Terminal.layout())) {
      while (!out.checkError()) {
        long started = System.nanoTime();
        RelayStatus status = question.ask();
        Layout layout = Terminal.layout();
        redrawn.draw(screen(status, layout).lines(), layout);
        long left = INTERVAL.toNanos() - (System.nanoTime() - started);
        TimeUnit.NANOSECONDS.sleep(Math.max(0, left));
      }
      return ExitCode.WELL.code();
    }
  }

  private StatusScreen screen(RelayStatus status, Layout layout) {
    return all ? StatusScreen.complete(status, layout) : StatusScreen.cut(status, layout);
  }
}
