package io.github.httplongcut.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * A private nginx on a free port of 127.0.0.1, with its files in a folder of its own. The nginx
 * service of the system is not touched.
 */
public final class NginxProcess implements AutoCloseable {

  private static final int ATTEMPTS = 5;
  private static final Duration START_TIMEOUT = Duration.ofSeconds(20);

  private final ChildProcess process;
  private final int port;

  private NginxProcess(ChildProcess process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts nginx and waits until it accepts connections.
   *
   * @param program command that runs nginx, without options
   * @param prefix existing folder with the files that nginx serves; also gets the files {@code
   *     nginx.conf} and {@code nginx.log}
   * @param configOfPort returns the content of {@code nginx.conf} for a port: one process in the
   *     foreground, which logs to standard error
   */
  public static NginxProcess start(
      List<String> program, Path prefix, IntFunction<String> configOfPort) {
    Path config = prefix.resolve("nginx.conf");
    List<String> command = new ArrayList<>(program);
    command.addAll(List.of("-p", prefix.toString(), "-c", config.toString(), "-e", "stderr"));
    for (int attempt = 1; ; attempt++) {
      int port = Ports.free();
      write(config, configOfPort.apply(port));
      ChildProcess process = ChildProcess.start("nginx", command, prefix.resolve("nginx.log"));
      try {
        process.await("its port", START_TIMEOUT, () -> open(port));
        return new NginxProcess(process, port);
      } catch (TestkitException e) {
        process.kill();
        // Another process may have taken the port meanwhile.
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static void write(Path config, String content) {
    try {
      Files.writeString(config, content);
    } catch (IOException e) {
      throw new TestkitException("cannot write " + config, e);
    }
  }

  private static Optional<Integer> open(int port) {
    return Ports.isOpen(port) ? Optional.of(port) : Optional.empty();
  }

  /** Returns nginx's port. */
  public int port() {
    return port;
  }

  /** Returns the process id of the operating system. */
  public long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    process.close();
  }
}
