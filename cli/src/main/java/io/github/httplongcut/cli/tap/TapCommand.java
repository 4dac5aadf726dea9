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
 * {@code longcut tap}: follows the events until the process is ended; {@code on} and {@code off}
 * for the management UI.
 */
@Command(
    name = "tap",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    subcommands = {TapCommand.On.class, TapCommand.Off.class},
    description = {
      "Follows the events that pass through RabbitMQ, a line for each, until Ctrl-C.",
      "It turns RabbitMQ's tracing on for that time, which costs about two further messages for each one."
    })
public final class TapCommand implements Callable<Integer> {

  @Mixin private RabbitAccess access;
  @Mixin private EventOption events;

  @Option(
      names = "--target",
      paramLabel = "NAME",
      description = "only what belongs to requests for this upstream target")
  private String target;

  @Option(
      names = "--request",
      paramLabel = "ID",
      description =
          "only what belongs to this request: its client_req_id, as callers and logs see it, or another of its ids")
  private String request;

  @Override
  public Integer call() throws IOException {
    Set<EventType> chosen = events.chosen();
    TracingApi management = access.management();
    PrintWriter out = terminal(FileDescriptor.out);
    try (Connection connection = access.connect()) {
      Tap tap = new Tap(connection, management);
      Follower follower = new Follower(tap.channel(), new TapFilter(target, request), out);
      // Ctrl-C is the usual end, so the tidying up is the hook's, whatever ends us.
      Runtime.getRuntime().addShutdownHook(new Thread(() -> end(tap, follower), "tap-end"));
      tap.follow(chosen, follower);
      terminal(FileDescriptor.err).println("following " + EventOption.names(chosen));
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
          .println("longcut: tracing may still be on (longcut tap off ends it): " + e.getMessage());
    }
  }

  /** Not System.out: its encoding is that of the terminal's locale, and what passes is UTF-8. */
  private static PrintWriter terminal(FileDescriptor descriptor) {
    return new PrintWriter(new FileOutputStream(descriptor), true, UTF_8);
  }

  @Command(
      name = "on",
      mixinStandardHelpOptions = true,
      versionProvider = VersionProvider.class,
      description = {
        "Puts a copy of every event into the queue 'tap', to be looked at in the management UI.",
        "It turns RabbitMQ's tracing on. The queue keeps the newest 1,000, for ten minutes."
            + " Said again with other events, it changes the choice."
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
      out.println("The queue 'tap' now gets a copy of: " + EventOption.names(chosen));
      out.println("Look at it ('Get messages'): " + management.queuePage(Tap.QUEUE));
      out.println(
          "Tracing costs about two further messages for each one: end it with 'longcut tap off'.");
      out.flush();
      return 0;
    }
  }

  @Command(
      name = "off",
      mixinStandardHelpOptions = true,
      versionProvider = VersionProvider.class,
      description = "Turns RabbitMQ's tracing off and deletes the queue 'tap'.")
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
