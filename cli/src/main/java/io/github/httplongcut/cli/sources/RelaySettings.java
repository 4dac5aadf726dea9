package io.github.httplongcut.cli.sources;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigResolveOptions;
import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.DemoPasswords;
import io.github.httplongcut.config.InsecureSetting;
import io.github.httplongcut.config.Layer;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.config.Sources;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Settings that the tools need, of one role or of several: the section {@code longcut.amqp}, and
 * the admin ports of the roles that the settings file has a section for.
 *
 * @param config the merged settings: flags, environment, file and defaults
 * @param amqp RabbitMQ's address, the login and TLS
 * @param admin address of the admin pages of each role in the file
 */
public record RelaySettings(Config config, AmqpConfig amqp, Map<Role, AdminConfig> admin) {

  private static final String URIS = Settings.ROOT + ".amqp.uris";
  private static final String PLAIN_TEXT = Settings.ROOT + ".amqp.plain-text";
  private static final String PASSWORD_FILE = Settings.ROOT + ".amqp.password-file";

  /**
   * Options for the login at RabbitMQ.
   *
   * @param uris value of {@code --amqp}, or null
   * @param passwordFile value of {@code --amqp-password-file}, or null
   */
  record AmqpOptions(String uris, String passwordFile) {}

  /**
   * Reads the settings as a role does.
   *
   * @param options the login at RabbitMQ that takes precedence
   * @throws io.github.httplongcut.config.InvalidConfigException if a setting is invalid
   */
  static RelaySettings read(
      Optional<Path> file, AmqpOptions options, Map<String, String> environment) {
    Layer flags = new Layer();
    Layer variables = new Layer();
    flags.put(URIS, options.uris, "--amqp");
    flags.put(PASSWORD_FILE, options.passwordFile, "--amqp-password-file");
    variables.putVariable(URIS, environment, "LONGCUT_AMQP_URI");
    variables.putVariable(PLAIN_TEXT, environment, "LONGCUT_AMQP_PLAIN_TEXT");
    // With a password in the option, the file belongs to another address.
    if (options.uris == null || !Secret.isInUrl(options.uris)) {
      variables.putVariable(PASSWORD_FILE, environment, "LONGCUT_AMQP_PASSWORD_FILE");
    }
    Config config = Sources.combine(flags, new Properties(), variables, file);
    Set<Role> roles = file.map(RelaySettings::rolesIn).orElse(Set.of());
    Map<Role, AdminConfig> admin = new EnumMap<>(Role.class);
    AmqpConfig amqp =
        Settings.read(
            config,
            longcut -> {
              longcut.name("id");
              longcut.partOfSection("otlp"); // the tools export no metrics
              for (Role role : roles) {
                Settings section = longcut.partOfSection(role.key());
                admin.put(role, AdminConfig.readForTool(section.section("admin")));
              }
              return AmqpConfig.readForTool(longcut.section("amqp"));
            });
    return new RelaySettings(config, amqp, Map.copyOf(admin));
  }

  /**
   * Returns the settings that let others read passwords or traffic. An address that is refused is
   * none of them: nothing is sent there.
   */
  List<InsecureSetting> insecureSettings() {
    boolean isRefused = refusedInPlainText().isPresent();
    return amqp.insecureSettings().stream()
        .filter(each -> !(isRefused && each.setting().equals(PLAIN_TEXT)))
        .toList();
  }

  /** Returns the first address to which a process and a tool refuse to connect: it has no TLS. */
  public Optional<AmqpConfig.Address> refusedInPlainText() {
    if (amqp.tls().isPresent() || config.getString(PLAIN_TEXT).equals("allowed")) {
      return Optional.empty();
    }
    return amqp.addresses().stream()
        .filter(address -> !DemoPasswords.isLoopback(address.host()))
        .findFirst();
  }

  /** Returns the roles that the file itself has a section for; the defaults have one for each. */
  private static Set<Role> rolesIn(Path file) {
    Config own =
        ConfigFactory.parseFile(file.toFile())
            .resolve(ConfigResolveOptions.defaults().setAllowUnresolved(true));
    return Arrays.stream(Role.values())
        .filter(role -> own.hasPath(Settings.ROOT + '.' + role.key()))
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(Role.class)));
  }
}
