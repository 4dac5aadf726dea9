package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.broker.BrokerConfig;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.doctor.Given.Sections;
import io.github.httplongcut.cli.sources.AdminClient;
import io.github.httplongcut.cli.sources.AmqpAccess;
import io.github.httplongcut.cli.sources.ManagementClient;
import io.github.httplongcut.cli.sources.RelaySettings;
import io.github.httplongcut.cli.sources.SourceOptions;
import io.github.httplongcut.client.ClientAgentConfig;
import io.github.httplongcut.client.ClientAgentConfig.Route;
import io.github.httplongcut.config.InvalidConfigException;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.config.SettingsFiles;
import io.github.httplongcut.upstream.UpstreamAgentConfig;
import io.github.httplongcut.upstream.http.TargetConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Reads the sources of a command, and makes the {@link Facts} of them. Invalid ones are problems.
 */
final class FactsReader {

  private static final String PASSWORD_FILE = Settings.ROOT + ".amqp.password-file";

  private final SourceOptions sources;
  private final List<String> problems = new ArrayList<>();
  private final List<TargetConfig> served = new ArrayList<>();
  private final Set<String> called = new HashSet<>();

  private FactsReader(SourceOptions sources) {
    this.sources = sources;
  }

  /**
   * Reads everything that the options name.
   *
   * @param amqp RabbitMQ by AMQP, if an address is given
   * @param relay the known processes
   * @throws CommandFailedException if an option is invalid
   */
  static Facts read(
      SourceOptions sources, NetworkView network, Optional<AmqpView> amqp, RelayFacts relay) {
    FactsReader reader = new FactsReader(sources);
    Given given = reader.given();
    Optional<ManagementFacts> management =
        hasValidSettings(sources)
            ? sources.management().map(FactsReader::management)
            : Optional.empty();
    return new Facts(given, network, amqp, management, relay);
  }

  /** Returns RabbitMQ's AMQP address; empty if there is none, or if the settings are invalid. */
  static Optional<AmqpAccess> amqp(SourceOptions sources) {
    return hasValidSettings(sources) ? sources.amqp() : Optional.empty();
  }

  /** Returns the admin pages of the known processes; none if the settings are invalid. */
  static RelayFacts relay(SourceOptions sources) {
    if (!hasValidSettings(sources)) {
      return RelayFacts.NONE;
    }
    return new RelayFacts(
        sources.brokers().stream().map(FactsReader::view).toList(),
        sources.processes().stream().map(FactsReader::view).toList());
  }

  private static boolean hasValidSettings(SourceOptions sources) {
    try {
      sources.settings();
      return true;
    } catch (CommandFailedException e) {
      return false; // given() reports the problems
    }
  }

  private static AdminView view(AdminClient client) {
    return new AdminView() {
      @Override
      public String address() {
        return client.address();
      }

      @Override
      public JsonNode json(String path) {
        return client.json(path);
      }

      @Override
      public String text(String path) {
        return client.text(path);
      }
    };
  }

  private static ManagementFacts management(ManagementClient client) {
    return new ManagementFacts(
        client.address(),
        client.vhost(),
        new ManagementFacts.Api() {
          @Override
          public JsonNode get(String path) {
            return client.get(path);
          }

          @Override
          public Optional<String> failedCheck(String check) {
            return client.failedCheck(check);
          }
        });
  }

  private Given given() {
    Optional<RelaySettings> settings;
    try {
      settings = sources.settings();
    } catch (CommandFailedException e) {
      return new Given(sources.file(), List.of(e.getMessage()), Sections.NONE, List.of());
    }
    if (settings.isEmpty()) {
      return Given.NO_FILE;
    }
    Set<Role> roles = settings.get().admin().keySet();
    roles.forEach(role -> readSection(role, settings.get().config()));
    return new Given(
        sources.file(), problems, new Sections(roles, served, called), secrets(settings.get()));
  }

  /** Reads a role's section as the role does. */
  private void readSection(Role role, Config config) {
    switch (role) {
      case CLIENT_AGENT ->
          read(config, ClientAgentConfig::read)
              .map(ClientAgentConfig::routing)
              .ifPresent(
                  routing -> {
                    routing.routes().stream().map(Route::upstreamTarget).forEach(called::add);
                    routing.defaultUpstreamTarget().ifPresent(called::add);
                  });
      case BROKER -> read(config, BrokerConfig::read);
      case UPSTREAM_AGENT ->
          read(config, UpstreamAgentConfig::read)
              .map(UpstreamAgentConfig::targets)
              .ifPresent(served::addAll);
    }
  }

  private <C> Optional<C> read(Config config, Function<Settings, C> reader) {
    try {
      return Optional.of(Settings.read(config, reader));
    } catch (InvalidConfigException e) {
      e.getMessage().lines().filter(line -> !problems.contains(line)).forEach(problems::add);
      return Optional.empty();
    }
  }

  /** Returns the files that contain a password, a token or a private key. */
  private List<Path> secrets(RelaySettings settings) {
    Set<Path> secrets = new LinkedHashSet<>();
    sources.file().map(SettingsFiles::withPassword).ifPresent(secrets::addAll);
    if (settings.config().hasPath(PASSWORD_FILE)) {
      secrets.add(Path.of(settings.config().getString(PASSWORD_FILE)));
    }
    settings.amqp().tls().flatMap(AmqpConfig.Tls::keyFile).ifPresent(secrets::add);
    settings.admin().values().stream()
        .flatMap(admin -> admin.tokenFile().stream())
        .forEach(secrets::add);
    return secrets.stream().filter(Files::isRegularFile).toList();
  }
}
