package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.upstream.http.TargetConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The settings file that the doctor was given.
 *
 * @param file the file; empty if none was given
 * @param problems invalid settings, one sentence each
 * @param sections the sections of the roles
 * @param secrets files with a password, a token or a private key
 */
record Given(Optional<Path> file, List<String> problems, Sections sections, List<Path> secrets) {

  /**
   * Sections of the roles in the file.
   *
   * @param roles roles that have a section
   * @param served targets of the upstream agent
   * @param called targets of the client agent
   */
  record Sections(Set<Role> roles, List<TargetConfig> served, Set<String> called) {

    static final Sections NONE = new Sections(Set.of(), List.of(), Set.of());

    Sections {
      roles = Set.copyOf(roles);
      served = List.copyOf(served);
      called = Set.copyOf(called);
    }
  }

  static final Given NO_FILE = new Given(Optional.empty(), List.of(), Sections.NONE, List.of());

  Given {
    problems = List.copyOf(problems);
    secrets = List.copyOf(secrets);
  }

  /** Returns the targets that an upstream agent with this file serves. */
  List<TargetConfig> served() {
    return sections.served;
  }

  /** Returns the TLS settings for a target's server. */
  static AmqpConfig.Tls tls(TargetConfig target) {
    return new AmqpConfig.Tls(
        target.trust().caFile(), Optional.empty(), Optional.empty(), target.trust().insecure());
  }
}
