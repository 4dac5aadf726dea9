package io.github.httplongcut.cli.join;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigUtil;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.config.Role;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import picocli.CommandLine.Option;

/** Options of the process that joins. */
final class AgentOptions {

  /** Comment before a target that an option named. */
  private static final String CHOSEN = " given with --upstream-target";

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Client agent: port for callers on 127.0.0.1 (default: 8000).")
  private Integer port;

  @Option(
      names = "--upstream-target",
      paramLabel = "NAME",
      description =
          "Client agent: target of all requests (default: the target of the grant; if the grant has"
              + " several, requests for /NAME/… go to the target NAME, without /NAME).")
  private String upstreamTarget;

  @Option(
      names = "--target",
      paramLabel = "NAME=URL",
      description = "Upstream agent: server of a target; repeat the option for several.")
  private List<String> targets = new ArrayList<>();

  @Option(
      names = "--admin-port",
      paramLabel = "PORT",
      description = "Port of the admin pages; 0 picks a free port.")
  private Integer adminPort;

  @Option(
      names = "--id",
      paramLabel = "NAME",
      description = "Name of the process (default: the host's name).")
  private String id;

  /** Settings file that the options come from, if no option is given now. */
  private Optional<Path> stored = Optional.empty();

  private boolean isEmpty() {
    return port == null
        && upstreamTarget == null
        && targets.isEmpty()
        && adminPort == null
        && id == null;
  }

  /**
   * Takes the options of an earlier join if none is given now.
   *
   * @param settings the settings file that the join has written
   */
  void completeFrom(Role role, Path settings) {
    if (!isEmpty()) {
      return;
    }
    stored = Optional.of(settings);
    try {
      Config own = SettingsFile.read(settings);
      id = text(own, "longcut.id").orElse(null);
      adminPort = text(own, role.path("admin.port")).map(Integer::valueOf).orElse(null);
      port = text(own, role.path("port")).map(Integer::valueOf).orElse(null);
      upstreamTarget = chosenTarget(own, role.path("default-upstream-target")).orElse(null);
      if (own.hasPath(role.path("targets"))) {
        Config found = own.getConfig(role.path("targets"));
        new TreeMap<>(found.root())
            .keySet()
            .forEach(
                name ->
                    targets.add(name + '=' + found.getString(ConfigUtil.joinPath(name, "url"))));
      }
    } catch (ConfigException | NumberFormatException e) {
      throw CommandFailedException.usage(
          settings + " is not a settings file of './longcut join'; give all options again");
    }
  }

  /** Returns the stored target, unless it is there because the grant had only this one. */
  private static Optional<String> chosenTarget(Config config, String path) {
    return text(config, path)
        .filter(target -> config.getValue(path).origin().comments().contains(CHOSEN));
  }

  private static Optional<String> text(Config config, String path) {
    return config.hasPath(path) ? Optional.of(config.getString(path)) : Optional.empty();
  }

  /**
   * Checks that the options fit the grant.
   *
   * @throws CommandFailedException if an option is missing, is for another role, or names a target
   *     that is not granted
   */
  void check(JoiningFile grant) {
    if (grant.role() != Role.CLIENT_AGENT) {
      refuse(port != null, "--port", grant);
      refuse(upstreamTarget != null, "--upstream-target", grant);
    }
    if (grant.role() != Role.UPSTREAM_AGENT) {
      refuse(!targets.isEmpty(), "--target", grant);
    } else if (targets.isEmpty()) {
      throw CommandFailedException.usage(
          "--target is missing: give NAME=URL for the targets that this upstream agent serves; the"
              + " file grants "
              + String.join(", ", grant.targets()));
    }
    if (upstreamTarget != null) {
      requireGranted(grant, "--upstream-target", upstreamTarget);
    }
    for (String target : targets) {
      int end = target.indexOf('=');
      if (end <= 0 || end == target.length() - 1) {
        throw CommandFailedException.usage(
            "--target: expected NAME=URL, such as orders=http://10.0.0.5:8080");
      }
      requireGranted(grant, "--target", target.substring(0, end));
    }
  }

  private static void refuse(boolean given, String option, JoiningFile grant) {
    if (given) {
      throw CommandFailedException.usage(
          "%s: the file is for the role %s, which has no such option"
              .formatted(option, grant.role().key()));
    }
  }

  private void requireGranted(JoiningFile grant, String option, String target) {
    if (!grant.targets().contains(target)) {
      String remedy =
          stored
              .map("It is an option of an earlier join, from %s: give all options again"::formatted)
              .orElse("Ask RabbitMQ's operator for another file (./longcut grant)");
      throw CommandFailedException.usage(
          "%s: the target '%s' is not granted; the file grants %s. %s"
              .formatted(option, target, String.join(", ", grant.targets()), remedy));
    }
  }

  /** Returns the name of the process, if it is given. */
  Optional<String> id() {
    return Optional.ofNullable(id);
  }

  /** Returns the settings of the role's section, one a line. */
  List<String> section(JoiningFile grant) {
    List<String> lines = new ArrayList<>();
    if (adminPort != null) {
      lines.add("admin.port = " + adminPort);
    }
    switch (grant.role()) {
      case CLIENT_AGENT -> {
        if (port != null) {
          lines.add("port = " + port);
        }
        addRouting(grant, lines);
      }
      case BROKER -> {
        // A broker needs no settings of its own.
      }
      case UPSTREAM_AGENT -> {
        for (String target : targets) {
          int end = target.indexOf('=');
          lines.add(
              "targets.%s.url = %s"
                  .formatted(
                      ConfigUtil.quoteString(target.substring(0, end)),
                      ConfigUtil.quoteString(target.substring(end + 1))));
        }
      }
    }
    return lines;
  }

  private void addRouting(JoiningFile grant, List<String> lines) {
    if (upstreamTarget != null || grant.targets().size() == 1) {
      String target = upstreamTarget != null ? upstreamTarget : grant.targets().get(0);
      if (upstreamTarget != null) {
        lines.add("#" + CHOSEN);
      }
      lines.add("default-upstream-target = " + ConfigUtil.quoteString(target));
      return;
    }
    lines.add("routes = [");
    for (String target : grant.targets()) {
      lines.add(
          "  { path = %s, strip-path = true, upstream-target = %s }"
              .formatted(ConfigUtil.quoteString('/' + target), ConfigUtil.quoteString(target)));
    }
    lines.add("]");
  }

  /** Returns a path that a caller can request, to try the client agent. */
  String examplePath(JoiningFile grant) {
    boolean routed = upstreamTarget == null && grant.targets().size() > 1;
    return routed ? '/' + grant.targets().get(0) + '/' : "/";
  }
}
