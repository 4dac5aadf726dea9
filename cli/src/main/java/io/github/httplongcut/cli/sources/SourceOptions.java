package io.github.httplongcut.cli.sources;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.admin.TokenFile;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.LoginException;
import io.github.httplongcut.amqp.PasswordFile;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.sources.RelaySettings.AmqpOptions;
import io.github.httplongcut.config.InsecureSetting;
import io.github.httplongcut.config.InvalidConfigException;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.config.SecretFile;
import io.github.httplongcut.config.SettingsFiles;
import io.github.httplongcut.tls.TlsContexts;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Options that name the sources of a command, and their environment variables. An option takes
 * precedence over its variable, and both over the settings file. If neither options nor variables
 * name a source, the launcher sets the variables to those of the running demo, except for commands
 * that change RabbitMQ.
 *
 * <p>Each method throws {@link CommandFailedException} with the exit code for a wrong usage if an
 * option is invalid.
 */
public final class SourceOptions {

  private static final String AMQP = "LONGCUT_AMQP_URI";
  private static final String MANAGEMENT = "LONGCUT_MANAGEMENT_URL";
  private static final String MANAGEMENT_PASSWORD_FILE = "LONGCUT_MANAGEMENT_PASSWORD_FILE";
  private static final String BROKERS = "LONGCUT_BROKER_ADMIN_URL";

  private static final String TOKEN_FILE = "LONGCUT_ADMIN_TOKEN_FILE";

  /** Admin pages of all processes; set by the demo. There is no option for it. */
  private static final String PROCESSES = "LONGCUT_ADMIN_URLS";

  /** Vhost of rabbitmq/definitions.json. */
  private static final String USUAL_VHOST = "longcut";

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Settings file of one or several processes; the command reads RabbitMQ's address and TLS,"
              + " and the admin ports.")
  private Path file;

  @Option(
      names = "--amqp",
      paramLabel = "URI",
      description =
          "RabbitMQ: amqp[s]://user:password@host:port/vhost, for a cluster several with commas"
              + " (default: $"
              + AMQP
              + ", else --config, else the running demo if the command only reads).")
  private String amqp;

  @Option(
      names = "--amqp-password-file",
      paramLabel = "FILE",
      description =
          "File with the password, for an address without one (default:"
              + " $LONGCUT_AMQP_PASSWORD_FILE).")
  private String passwordFile;

  @Option(
      names = "--management",
      paramLabel = "URL",
      description =
          "RabbitMQ's management UI: http[s]://user:password@host:port, with an administrator's"
              + " login (default: $"
              + MANAGEMENT
              + ", else the running demo if the command only reads).")
  private String management;

  @Option(
      names = "--management-password-file",
      paramLabel = "FILE",
      description =
          "File with the password for --management, if its URL has none (default: $"
              + MANAGEMENT_PASSWORD_FILE
              + ").")
  private String managementPasswordFile;

  @Option(
      names = "--broker",
      paramLabel = "URL",
      description =
          "Admin pages of a broker: http://host:port; repeat the option for several brokers"
              + " (default: $"
              + BROKERS
              + ", else --config, else the running demo).")
  private List<String> brokers = new ArrayList<>();

  @Option(
      names = "--admin-token-file",
      paramLabel = "FILE",
      description =
          "File with the token of the admin pages, for processes that ask for one (default: $"
              + TOKEN_FILE
              + ", else --config).")
  private String tokenFile;

  /** Command that has these options; null without a command line. */
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  private final Map<String, String> environment;
  private final Duration limit;
  private final Set<String> warnings = ConcurrentHashMap.newKeySet();
  private Optional<RelaySettings> settings;

  /** Creates the options with this process's environment and {@link Gathering#LIMIT}. */
  public SourceOptions() {
    this(System.getenv(), Gathering.LIMIT);
  }

  /** Returns the options of a command line that names only a settings file. */
  public static SourceOptions ofFile(Path file, Duration limit) {
    SourceOptions options = new SourceOptions(Map.of(), limit);
    options.file = file;
    return options;
  }

  /**
   * @param limit longest time for which any source is waited for
   */
  public SourceOptions(Map<String, String> environment, Duration limit) {
    this.environment = Map.copyOf(environment);
    this.limit = limit;
  }

  /** Begins a gathering of answers from these sources. */
  public Gathering gathering() {
    return new Gathering(limit);
  }

  /** Returns the settings file, if one is given. */
  public Optional<Path> file() {
    return Optional.ofNullable(file);
  }

  /** Returns the settings; empty if neither a settings file nor an AMQP address is given. */
  public Optional<RelaySettings> settings() {
    if (settings == null) {
      settings = readSettings();
    }
    return settings;
  }

  private Optional<RelaySettings> readSettings() {
    if (file == null && given(amqp, AMQP).isEmpty()) {
      return Optional.empty();
    }
    String uris = Optional.ofNullable(amqp).filter(uri -> !uri.isBlank()).orElse(null);
    try {
      return Optional.of(
          RelaySettings.read(file(), new AmqpOptions(uris, passwordFile), environment));
    } catch (InvalidConfigException e) {
      throw CommandFailedException.usage(
          "invalid settings: " + String.join("; ", e.getMessage().lines().toList()));
    }
  }

  /** Returns RabbitMQ's AMQP port, if an address is given. */
  public Optional<AmqpAccess> amqp() {
    Optional<RelaySettings> found = settings();
    found.ifPresent(
        each -> {
          each.insecureSettings().forEach(this::warn);
          warnOfReadablePasswords();
        });
    return found.map(each -> new AmqpAccess(each, limit));
  }

  /** Returns RabbitMQ's AMQP port, for a command that needs it. */
  public AmqpAccess requiredAmqp() {
    return amqp().orElseThrow(() -> missing("--amqp", AMQP));
  }

  /** Returns the vhost of RabbitMQ's address, or that of rabbitmq/definitions.json. */
  public String vhost() {
    return settings().map(RelaySettings::amqp).map(AmqpConfig::virtualHost).orElse(USUAL_VHOST);
  }

  /** Returns RabbitMQ's management API, if an address is given. */
  public Optional<ManagementClient> management() {
    return management(vhost());
  }

  private Optional<ManagementClient> management(String vhost) {
    Optional<AmqpConfig.Tls> tls = settings().map(RelaySettings::amqp).flatMap(AmqpConfig::tls);
    Optional<SSLContext> trusted = tls.flatMap(SourceOptions::trust);
    Optional<ManagementClient> client =
        given(management, MANAGEMENT)
            .map(url -> ManagementClient.at(url, managementPassword(), vhost, trusted, limit));
    client.ifPresent(each -> warnOfTheWay(each, tls.filter(AmqpConfig.Tls::insecure).isPresent()));
    return client;
  }

  private void warnOfTheWay(ManagementClient client, boolean trustsAnybody) {
    if (client.isExposed()) {
      warn(
          "%s sends the password of '%s' without encryption; use https://"
              .formatted(client.address(), client.user()));
    }
    if (trustsAnybody && client.address().startsWith("https:")) {
      settings().map(RelaySettings::insecureSettings).orElse(List.of()).stream()
          .filter(each -> each.setting().equals(AmqpConfig.INSECURE))
          .forEach(this::warn);
    }
  }

  private Optional<Secret> managementPassword() {
    return given(managementPasswordFile, MANAGEMENT_PASSWORD_FILE)
        .map(
            name -> {
              try {
                PasswordFile file = new PasswordFile(Path.of(name));
                Secret password = file.read();
                if (file.isReadableByOthers()) {
                  warn("other users of this machine can read " + name + "; run: chmod 600 " + name);
                }
                return password;
              } catch (LoginException | InvalidPathException e) {
                throw CommandFailedException.usage(
                    "--management-password-file or %s: %s"
                        .formatted(MANAGEMENT_PASSWORD_FILE, e.getMessage()));
              }
            });
  }

  /** Returns RabbitMQ's management API, for a command that needs it. */
  public ManagementClient requiredManagement() {
    return requiredManagement(vhost());
  }

  /** Returns RabbitMQ's management API, for a command that names the vhost. */
  public ManagementClient requiredManagement(String vhost) {
    return management(vhost).orElseThrow(() -> missing("--management", MANAGEMENT));
  }

  private void warnOfReadablePasswords() {
    file().map(SettingsFiles::withPassword).orElse(List.of()).stream()
        .filter(each -> new SecretFile(each).isReadableByOthers())
        .forEach(
            each ->
                warn(
                    "other users of this machine can read the password in %s; run: chmod 600 %s"
                        .formatted(each, each)));
  }

  private void warn(InsecureSetting insecure) {
    warn(insecure.setting() + ": " + insecure.why());
  }

  /** Prints a warning, unless this command has printed it. */
  private void warn(String sentence) {
    if (command != null && warnings.add(sentence)) {
      command.commandLine().getErr().println("longcut: warning: " + sentence);
    }
  }

  /** Returns the admin pages of the brokers. */
  public List<AdminClient> brokers() {
    if (!brokers.isEmpty()) {
      return pages(brokers, "--broker");
    }
    return variable(BROKERS)
        .map(urls -> pages(urls, BROKERS))
        .orElseGet(() -> fromSettings(Role.BROKER));
  }

  /**
   * Returns the admin pages of all processes, the brokers' first: those of the options, of the
   * variables and of the settings file.
   */
  public List<AdminClient> processes() {
    Map<String, AdminClient> all = new LinkedHashMap<>();
    brokers().forEach(pages -> all.putIfAbsent(pages.address(), pages));
    if (brokers.isEmpty()) {
      variable(PROCESSES)
          .ifPresent(
              urls ->
                  pages(urls, PROCESSES).forEach(pages -> all.putIfAbsent(pages.address(), pages)));
    }
    fromSettings(Role.values()).forEach(pages -> all.putIfAbsent(pages.address(), pages));
    return List.copyOf(all.values());
  }

  private List<AdminClient> fromSettings(Role... roles) {
    Map<Role, AdminConfig> admin = settings().map(RelaySettings::admin).orElse(Map.of());
    return Arrays.stream(roles)
        .map(admin::get)
        .filter(address -> address != null && address.port() != 0)
        .map(this::pages)
        .toList();
  }

  /** The token of the settings is sent only to the process that the settings are for. */
  private AdminClient pages(AdminConfig admin) {
    Optional<Secret> token =
        adminToken().or(() -> admin.tokenFile().flatMap(SourceOptions::readable));
    return AdminClient.at(url(admin), "longcut.<role>.admin", limit, token);
  }

  private static Optional<Secret> readable(Path tokenFile) {
    try {
      return Optional.of(TokenFile.read(tokenFile));
    } catch (IOException e) {
      return Optional.empty(); // The user may not read the process's file, and may not need it.
    }
  }

  /** Returns the token of the option or of the variable. It is sent to all admin pages. */
  public Optional<Secret> adminToken() {
    return given(tokenFile, TOKEN_FILE)
        .map(
            file -> {
              try {
                return TokenFile.read(Path.of(file));
              } catch (IOException | InvalidPathException e) {
                throw CommandFailedException.usage(
                    "--admin-token-file (" + TOKEN_FILE + "): cannot be used: " + Reasons.of(e));
              }
            });
  }

  /** A process that listens on all addresses is asked through the loopback address. */
  private static String url(AdminConfig admin) {
    String host =
        switch (admin.host()) {
          case "0.0.0.0" -> "127.0.0.1";
          case "::" -> "::1";
          default -> admin.host();
        };
    return "http://" + new AmqpConfig.Address(host, admin.port());
  }

  private List<AdminClient> pages(List<String> urls, String option) {
    Optional<Secret> token = adminToken();
    return urls.stream().map(url -> AdminClient.at(url, option, limit, token)).toList();
  }

  /** Returns the trust of the AMQP connection, for a management UI with https. */
  private static Optional<SSLContext> trust(AmqpConfig.Tls tls) {
    try {
      return Optional.of(
          tls.insecure()
              ? TlsContexts.trustingAnybody(Optional.empty(), Optional.empty())
              : TlsContexts.trusting(tls.caFile(), Optional.empty(), Optional.empty()));
    } catch (IOException | GeneralSecurityException e) {
      throw CommandFailedException.usage("longcut.amqp.tls: " + e.getMessage());
    }
  }

  private Optional<String> given(String option, String variable) {
    return Optional.ofNullable(option)
        .or(() -> Optional.ofNullable(environment.get(variable)))
        .filter(value -> !value.isBlank());
  }

  private Optional<List<String>> variable(String name) {
    return given(null, name)
        .map(urls -> Arrays.stream(urls.split(",", -1)).map(String::strip).toList());
  }

  private static CommandFailedException missing(String option, String variable) {
    return CommandFailedException.usage(
        "%s is missing and %s is not set; set one of them. If a demo runs in this checkout and you mean its RabbitMQ, run: source .longcut/demo/env"
            .formatted(option, variable));
  }
}
