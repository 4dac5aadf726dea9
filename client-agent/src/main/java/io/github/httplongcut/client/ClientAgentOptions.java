package io.github.httplongcut.client;

import io.github.httplongcut.config.Layer;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.process.RoleOptions;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Flags and environment variables that only the client agent has. */
@Command
final class ClientAgentOptions implements RoleOptions {

  private static final String HOST = Role.CLIENT_AGENT.path("host");
  private static final String PORT = Role.CLIENT_AGENT.path("port");
  private static final String ACCESS_LOG = Role.CLIENT_AGENT.path("access-log.format");
  private static final String UPSTREAM_TARGET = Role.CLIENT_AGENT.path("default-upstream-target");

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Port for callers; 0: any free port.")
  private String port;

  @Option(
      names = "--access-log",
      paramLabel = "FORMAT",
      description = "Access log: off, combined or json.")
  private String accessLog;

  @Option(
      names = "--upstream-target",
      paramLabel = "NAME",
      description = "Upstream target of requests that match no route.")
  private String upstreamTarget;

  @Override
  public void fromEnvironment(Map<String, String> environment, Layer into) {
    into.putVariable(HOST, environment, "LONGCUT_HOST");
    into.putVariable(PORT, environment, "LONGCUT_PORT");
    into.putVariable(ACCESS_LOG, environment, "LONGCUT_ACCESS_LOG");
    into.putVariable(UPSTREAM_TARGET, environment, "LONGCUT_UPSTREAM_TARGET");
  }

  @Override
  public void fromFlags(Layer into) {
    into.put(PORT, port, "--port");
    into.put(ACCESS_LOG, accessLog, "--access-log");
    into.put(UPSTREAM_TARGET, upstreamTarget, "--upstream-target");
  }
}
