package io.github.httplongcut.testkit;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A private node of the installed {@code rabbitmq-server} with the project's definitions and demo
 * users, started by {@code rabbitmq/private-node}. The node ends when its standard input closes,
 * and thus at the latest with this JVM.
 *
 * <p>For one thread at a time. Every method blocks until it is done. A failure is a {@link
 * TestkitException} with RabbitMQ's output.
 */
public final class RabbitMqNode implements AutoCloseable {

  /** The vhost of {@code rabbitmq/definitions.json}. */
  public static final String VHOST = "longcut";

  private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration CTL_TIMEOUT = Duration.ofMinutes(2);

  /** Time after which the script itself has given up. */
  private static final Duration SLACK = Duration.ofSeconds(10);

  private final Path script;
  private final Path directory;
  private final List<String> options;
  private final NodePorts ports;
  private ChildProcess process;
  private int starts;

  /**
   * Starts a node on free ports.
   *
   * @param checkout the checkout with the definitions and the script
   * @param directory directory for the node's files, created if it is missing
   */
  public RabbitMqNode(Path checkout, Path directory) {
    this(checkout, directory, List.of());
  }

  /**
   * Starts a node on free ports.
   *
   * @param options further options of {@code private-node run}, for each start of the node
   */
  public RabbitMqNode(Path checkout, Path directory, List<String> options) {
    this.script = checkout.resolve("rabbitmq").resolve("private-node");
    this.directory = directory.toAbsolutePath();
    this.options = List.copyOf(options);
    launch(List.of());
    this.ports = NodePorts.of(this.directory);
  }

  /** Returns the AMQP port, which does not change. */
  public int amqpPort() {
    return ports.amqp();
  }

  /** Returns the AMQP URI for a user. */
  public URI amqpUri(RabbitMqUser user) {
    return user.amqpUri(ports.amqp());
  }

  /** Returns the address of the management API, without a path. */
  public URI managementUri() {
    return ports.managementUri();
  }

  /** Returns the process id of the node. */
  public long pid() {
    Path file = directory.resolve("rabbitmq.pid");
    try {
      return Long.parseLong(Files.readString(file).strip());
    } catch (IOException e) {
      throw new TestkitException("cannot read " + file, e);
    }
  }

  /** Runs {@code rabbitmqctl} against the node and returns its output. */
  public String ctl(String... arguments) {
    List<String> command = command("ctl");
    command.addAll(List.of(arguments));
    return ChildProcess.run(command, CTL_TIMEOUT);
  }

  /** Starts the node again after {@link #stop} or {@link #kill}, on the same ports. */
  public void start() {
    launch(
        List.of(
            "--amqp-port", Integer.toString(ports.amqp()),
            "--management-port", Integer.toString(ports.management())));
  }

  private void launch(List<String> portOptions) {
    List<String> run = command("run");
    run.add("--until-stdin-closes");
    run.addAll(options);
    run.addAll(portOptions);
    starts++; // each start has a log of its own
    process =
        ChildProcess.start("RabbitMQ", run, directory.resolve("private-node-" + starts + ".log"));
    List<String> wait = command("wait");
    wait.add(Long.toString(START_TIMEOUT.toSeconds()));
    try {
      ChildProcess.run(wait, START_TIMEOUT.plus(SLACK));
    } catch (TestkitException e) {
      process.close();
      throw new TestkitException(e.getMessage() + process.output(), e);
    }
  }

  private List<String> command(String verb) {
    return new ArrayList<>(List.of(script.toString(), verb, directory.toString()));
  }

  /** Stops the node, which closes every connection. Transient messages are lost. */
  public void stop() {
    process.stop(STOP_TIMEOUT);
  }

  /** Sends SIGKILL to the node; the script that runs it then cleans up and ends. */
  public void kill() {
    ProcessHandle.of(pid()).ifPresent(ProcessHandle::destroyForcibly);
    process.awaitExit(STOP_TIMEOUT);
  }

  /** Sends SIGSTOP to the node. */
  public void freeze() {
    signal("STOP");
  }

  /** Sends SIGCONT to the node. */
  public void thaw() {
    signal("CONT");
  }

  private void signal(String signal) {
    ChildProcess.run(List.of("kill", "-" + signal, Long.toString(pid())), SLACK);
  }

  @Override
  public void close() {
    stop();
  }
}
