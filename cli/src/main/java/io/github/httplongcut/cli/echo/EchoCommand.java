package io.github.httplongcut.cli.echo;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.VersionProvider;
import io.github.httplongcut.config.SighupSignal;
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

/** {@code longcut echo}: runs an {@link EchoServer} until the process is ended. */
@Command(
    name = "echo",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    description = "A small HTTP server that answers with what it was asked, as JSON.",
    footer = {
      "",
      "  /status/N    answers with status N (200 to 599)",
      "  /delay/MS    answers after so many milliseconds",
      "  /bytes/N     answers with N bytes",
      "  /cookies/N   answers with N Set-Cookie headers"
    })
public final class EchoCommand implements Callable<Integer> {

  @Option(
      names = "--port",
      defaultValue = "8080",
      description = "the port to listen on, 0 for any free one (default: ${DEFAULT-VALUE})")
  private int port;

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description = "the address to listen on (default: ${DEFAULT-VALUE})")
  private InetAddress host;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (port < 0 || port > 65535) {
      throw new ParameterException(spec.commandLine(), "--port: not a port: " + port);
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
          "cannot listen on " + host.getHostAddress() + " port " + port + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new CommandFailedException("the server could not start: " + e.getMessage(), e);
    }
  }
}
