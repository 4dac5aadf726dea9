package io.github.httplongcut.cli.echo;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.VersionProvider;
import io.github.httplongcut.process.SighupSignal;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.InetAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code longcut echo}: runs an {@link EchoServer} until the process ends. */
@Command(
    name = "echo",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    description = "Run an HTTP server that answers each request with a description of it, as JSON.",
    footer = {
      "",
      "Special paths:",
      "  /status/N    answer with status N (200 to 599)",
      "  /delay/MS    answer after MS milliseconds (at most 600000)",
      "  /bytes/N     answer with a body of N bytes (at most 268435456)",
      "  /cookies/N   answer with N Set-Cookie headers (at most 1000)"
    })
public final class EchoCommand implements Callable<Integer> {

  @Option(
      names = "--port",
      defaultValue = "8080",
      description = "Port to listen on; 0 picks a free port (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description = "Address to listen on (default: ${DEFAULT-VALUE}).")
  private InetAddress host;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (port < 0 || port > 65535) {
      throw new ParameterException(
          spec.commandLine(), "--port: expected a port from 0 to 65535, found " + port);
    }
    SighupSignal.ignore();
    try (EchoServer server = EchoServer.start(host, port)) {
      PrintWriter out = spec.commandLine().getOut();
      out.println("ready: " + server.url());
      out.flush();
      server.awaitEnd();
      return 0;
    } catch (BindException e) {
      throw new CommandFailedException(
          "cannot listen on "
              + (host.getHostAddress() + " port " + port + ": " + e.getMessage())
              + "; choose another port with --port",
          e);
    } catch (IOException e) {
      throw new CommandFailedException("cannot start the echo server: " + e.getMessage(), e);
    }
  }
}
