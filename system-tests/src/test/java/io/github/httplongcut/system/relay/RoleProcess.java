package io.github.httplongcut.system.relay;

import io.github.httplongcut.testkit.ChildProcess;
import io.github.httplongcut.testkit.JavaHome;
import io.github.httplongcut.testkit.RelayProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A process of the relay that tests can also kill, freeze and drain. */
public final class RoleProcess extends RelayProcess {

  private static final Duration END_TIMEOUT = Duration.ofSeconds(60);

  private final ChildProcess child;

  private RoleProcess(ChildProcess child) {
    super(child);
    this.child = child;
  }

  /** Starts the process. Its output goes to {@code log}. */
  static RoleProcess start(String name, List<String> command, Path log) {
    // The demo passwords and plain text are otherwise refused for a RabbitMQ in a container, which
    // may have a non-loopback address.
    List<String> all =
        new ArrayList<>(
            List.of(
                "env", "LONGCUT_AMQP_DEMO_PASSWORDS=allowed", "LONGCUT_AMQP_PLAIN_TEXT=allowed"));
    all.addAll(command);
    return new RoleProcess(ChildProcess.start(name, all, log));
  }

  /**
   * The value of {@code --id}: part of the process id, and of the names of its log and connections.
   */
  public String name() {
    return child.name();
  }

  /** The output so far. */
  public String output() {
    return child.output();
  }

  @Override
  public RoleProcess awaitReady() {
    super.awaitReady();
    return this;
  }

  /** Bytes of heap in use after a garbage collection. */
  public double heapAfterGc() {
    ChildProcess.run(
        List.of(JavaHome.program("jcmd"), Long.toString(pid()), "GC.run"), END_TIMEOUT);
    return metrics()
        .lines()
        .filter(line -> line.startsWith("jvm_memory_used_bytes{area=\"heap\""))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Sends SIGKILL and waits until the process has ended. */
  public void kill() {
    child.kill();
  }

  /** Sends SIGTERM and waits until the process has ended; returns the exit code. */
  public int stop() {
    terminate();
    return awaitExitCode();
  }

  /**
   * Sends SIGTERM without waiting: the process drains. A second SIGTERM ends the process at once.
   */
  public void terminate() {
    child.terminate();
  }

  /** Waits until the process has ended; returns the exit code. */
  public int awaitExitCode() {
    return child.awaitExit(END_TIMEOUT);
  }

  /** Sends SIGSTOP. */
  public void freeze() {
    child.signal("STOP");
  }

  /** Sends SIGCONT. */
  public void thaw() {
    child.signal("CONT");
  }

  /** Returns whether the process has not ended. */
  public boolean isAlive() {
    return child.isAlive();
  }

  /** Kills the process, even if it is frozen. */
  @Override
  public void close() {
    kill();
  }
}
