package io.github.httplongcut.cli.tap;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.VersionProvider;
import io.github.httplongcut.cli.output.PlainText;
import io.github.httplongcut.cli.output.Terminal;
import io.github.httplongcut.cli.sources.Gathered;
import io.github.httplongcut.cli.sources.Gathering;
import io.github.httplongcut.cli.sources.ManagementClient;
import io.github.httplongcut.cli.sources.OpenConnection;
import io.github.httplongcut.cli.sources.SourceOptions;
import io.github.httplongcut.protocol.EventType;
import java.io.PrintWriter;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code longcut tap}: prints the events until the process ends. The subcommands {@code on} and
 * {@code off} are for the management UI.
 */
@Command(
    name = "tap",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    subcommands = {TapCommand.On.class, TapCommand.Off.class},
    description = {
      "Print each event that passes through RabbitMQ on one line, until Ctrl-C.",
      "While it runs, RabbitMQ's tracing is on: RabbitMQ then copies each publish and each"
          + " delivery in the vhost, which adds about two messages for each message."
    })
public final class TapCommand implements Callable<Integer> {

  @Mixin private SourceOptions sources;
  @Mixin private EventOption events;

  @Option(
      names = "--target",
      paramLabel = "NAME",
      description = "Print only events of requests for this upstream target.")
  private String target;

  @Option(
      names = "--request",
      paramLabel = "ID",
      description =
          "Print only events of the request with this client_req_id, broker_req_id or"
              + " upstream_req_id. Error answers and logs contain the client_req_id.")
  private String request;

  @Option(
      names = "--paired",
      description =
          "Print one line per finished request: time, client_req_id, target, method, path, status or"
              + " error code, time taken, and upstream agent. A request without an answer for 60 s"
              + " is unfinished.")
  private boolean paired;

  @Option(
      names = "--json",
      description = "Print one JSON object per line, without header fields and bodies.")
  private boolean json;

  @Option(
      names = "--bodies",
      description =
          "With --json: print header fields and bodies, too. They may contain credentials.")
  private boolean bodies;

  @Override
  public Integer call() throws InterruptedException, ExecutionException {
    if (bodies && (!json || paired)) {
      throw CommandFailedException.usage("--bodies needs --json, and excludes --paired");
    }
    if (paired && events.isGiven()) {
      throw CommandFailedException.usage("--paired and --event exclude each other");
    }
    Set<EventType> chosen = paired ? RequestPairs.EVENTS : events.chosen();
    ManagementClient management = sources.requiredManagement();
    PrintWriter out = Terminal.out();
    try (OpenConnection connection = sources.requiredAmqp().connect("longcut tap")) {
      Tap tap = new Tap(connection.connection(), management);
      Follower follower =
          new Follower(tap.channel(), new TapFilter(target, request), format(), out);
      // A shutdown hook, because Ctrl-C is the usual end of the command.
      Runtime.getRuntime().addShutdownHook(new Thread(() -> end(tap, follower), "tap-end"));
      tap.follow(chosen, follower);
      Terminal.err().println("following events: " + EventOption.names(chosen));
      String why = awaitEnd(follower);
      if (!why.isEmpty()) {
        throw new CommandFailedException(why);
      }
      return 0;
    }
  }

  /** Ticks once a second until the follower ends, and returns the failure to report. */
  private static String awaitEnd(Follower follower)
      throws InterruptedException, ExecutionException {
    while (true) {
      try {
        return follower.ended().get(1, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        follower.tick(Moment.now());
      }
    }
  }

  private TapFormat format() {
    if (paired) {
      return new RequestPairs(json ? FinishedRequest::json : FinishedRequest::line);
    }
    if (json) {
      return bodies ? TapJson::complete : TapJson::withoutContent;
    }
    return TapLine::lines;
  }

  /** Ends the tap, also if RabbitMQ does not answer. */
  private void end(Tap tap, Follower follower) {
    follower.ended().complete("");
    try (Gathering gathering = sources.gathering()) {
      Gathered<Boolean> unfollowed =
          gathering
              .ask(
                  "RabbitMQ",
                  () -> {
                    tap.unfollow();
                    return true;
                  })
              .result();
      if (!unfollowed.isAnswered()) {
        Terminal.err()
            .println(
                "longcut: tracing may still be on; turn it off with 'longcut tap off': "
                    + PlainText.of(unfollowed.sentence()));
      }
    }
  }

  @Command(
      name = "on",
      mixinStandardHelpOptions = true,
      versionProvider = VersionProvider.class,
      description = {
        "Copy all events to the queue 'tap', where the management UI shows them.",
        "Turns on RabbitMQ's tracing. The queue keeps the newest 1,000 messages for at most ten"
            + " minutes. To change the selection, run this command again with other events."
      })
  static final class On implements Callable<Integer> {

    @Mixin private SourceOptions sources;
    @Mixin private EventOption events;
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      Set<EventType> chosen = events.chosen();
      ManagementClient management = sources.requiredManagement();
      try (OpenConnection connection = sources.requiredAmqp().connect("longcut tap")) {
        new Tap(connection.connection(), management).turnOn(chosen);
      }
      PrintWriter out = spec.commandLine().getOut();
      out.println("The queue 'tap' now receives copies of: " + EventOption.names(chosen));
      out.println("To see them, use 'Get messages' on: " + management.queuePage(Tap.QUEUE));
      out.println(
          "Tracing adds about two messages for each message; turn it off with 'longcut tap off'.");
      out.flush();
      return 0;
    }
  }

  @Command(
      name = "off",
      mixinStandardHelpOptions = true,
      versionProvider = VersionProvider.class,
      description = "Turn off RabbitMQ's tracing and delete the queue 'tap'.")
  static final class Off implements Callable<Integer> {

    @Mixin private SourceOptions sources;

    @Override
    public Integer call() {
      ManagementClient management = sources.requiredManagement();
      try (OpenConnection connection = sources.requiredAmqp().connect("longcut tap")) {
        new Tap(connection.connection(), management).turnOff();
      }
      return 0;
    }
  }
}
