package io.github.httplongcut.cli.tap;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.rabbitmq.client.Connection;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.VersionProvider;
import io.github.httplongcut.protocol.EventType;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Set;
import java.util.concurrent.Callable;
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

  @Mixin private RabbitAccess access;
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

  @Override
  public Integer call() throws IOException {
    Set<EventType> chosen = events.chosen();
    TracingApi management = access.management();
    PrintWriter out = terminal(FileDescriptor.out);
    try (Connection connection = access.connect()) {
      Tap tap = new Tap(connection, management);
      Follower follower = new Follower(tap.channel(), new TapFilter(target, request), out);
      // A shutdown hook, because Ctrl-C is the usual end of the command.
      Runtime.getRuntime().addShutdownHook(new Thread(() -> end(tap, follower), "tap-end"));
      tap.follow(chosen, follower);
      terminal(FileDescriptor.err).println("following events: " + EventOption.names(chosen));
      String why = follower.ended().join();
      if (!why.isEmpty()) {
        throw new CommandFailedException(why);
      }
      return 0;
    }
  }

  private static void end(Tap tap, Follower follower) {
    follower.ended().complete("");
    try {
      tap.unfollow();
    } catch (CommandFailedException e) {
      terminal(FileDescriptor.err)
          .println(
              "longcut: tracing may still be on; turn it off with 'longcut tap off': "
                  + e.getMessage());
    }
  }

  /** Returns a writer in UTF-8, because System.out encodes in the terminal's locale. */
  private static PrintWriter terminal(FileDescriptor descriptor) {
    return new PrintWriter(new FileOutputStream(descriptor), true, UTF_8);
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

    @Mixin private RabbitAccess access;
    @Mixin private EventOption events;
    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
      Set<EventType> chosen = events.chosen();
      TracingApi management = access.management();
      try (Connection connection = access.connect()) {
        new Tap(connection, management).turnOn(chosen);
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

    @Mixin private RabbitAccess access;

    @Override
    public Integer call() throws IOException {
      TracingApi management = access.management();
      try (Connection connection = access.connect()) {
        new Tap(connection, management).turnOff();
      }
      return 0;
    }
  }
}
