package io.github.httplongcut.upstream;

import io.github.httplongcut.config.Layer;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.process.RoleOptions;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line flags and environment variables that only the upstream agent has. */
@Command
final class UpstreamAgentOptions implements RoleOptions {

  private static final String TARGETS = Role.UPSTREAM_AGENT.path("targets");
  private static final String TARGETS_VARIABLE = "LONGCUT_TARGETS";

  @Option(
      names = "--target",
      paramLabel = "NAME=URL",
      description =
          "Name and base URL of an upstream target that this agent serves; may be repeated.")
  private List<String> targets = List.of();

  @Override
  public void fromEnvironment(Map<String, String> environment, Layer into) {
    String pairs = environment.getOrDefault(TARGETS_VARIABLE, "");
    if (!pairs.isBlank()) {
      for (String pair : pairs.split(",", -1)) {
        into.putNamed(TARGETS, pair, "url", Layer.originOf(TARGETS_VARIABLE));
      }
    }
  }

  @Override
  public void fromFlags(Layer into) {
    for (String pair : targets) {
      into.putNamed(TARGETS, pair, "url", "--target");
    }
  }
}
