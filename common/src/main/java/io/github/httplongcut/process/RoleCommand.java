package io.github.httplongcut.process;

import com.typesafe.config.Config;
import io.github.httplongcut.config.InsecureSetting;
import io.github.httplongcut.config.InvalidConfigException;
import io.github.httplongcut.config.Layer;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.config.SecretFile;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.config.SettingsFiles;
import io.github.httplongcut.config.Sources;
import io.github.httplongcut.config.Version;
import io.github.httplongcut.logging.LogText;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Command line of a role. Exit codes:
 *
 * <ul>
 *   <li>0: the process ended cleanly.
 *   <li>1: the process could not start, or did not end cleanly.
 *   <li>2: a flag or setting is invalid.
 * </ul>
 */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = RoleCommand.VersionLine.class,
    sortOptions = false,
    usageHelpAutoWidth = true)
public final class RoleCommand<C extends RoleConfig> implements Callable<Integer> {

  private static final int INVALID_CONFIG = 2;
  private static final int PROBLEM_INDENT = 2;
  private static final String SET_BY_KUBERNETES =
      "its value is the address of a Kubernetes Service; set enableServiceLinks: false in the"
          + " pod's spec, or rename the Service";

  private static final String URIS = Settings.ROOT + ".amqp.uris";
  private static final String VISIBLE_PASSWORD =
      "the list of processes shows the password to every user of this machine; write it into a"
          + " file, and name the file with --amqp-password-file";

  @Option(
      names = "--id",
      paramLabel = "NAME",
      description = "Name of this process in RabbitMQ and in the logs (default: the host name).")
  private String id;

  @Option(
      names = "--amqp",
      paramLabel = "URI",
      description =
          "Address of RabbitMQ: amqp[s]://USER@HOST[:PORT]/VHOST; for a cluster, the addresses of"
              + " its nodes, separated by commas. A password (USER:PASSWORD) would be visible in"
              + " the list of processes.")
  private List<String> amqp = List.of();

  @Option(
      names = "--amqp-password-file",
      paramLabel = "FILE",
      description =
          "File with RabbitMQ's password, for --amqp amqp[s]://USER@HOST[:PORT]/VHOST; read again"
              + " at each login.")
  private String amqpPasswordFile;

  @Option(
      names = "--admin-port",
      paramLabel = "PORT",
      description = "Port of the admin pages, such as /readyz and /metrics; 0 picks a free port.")
  private String adminPort;

  @Option(names = "--config", paramLabel = "FILE", description = "Config file, HOCON or JSON.")
  private Path file;

  @Option(
      names = "--check-config",
      description = "Print the effective settings, with passwords hidden, and exit.")
  private boolean checkConfig;

  @Spec private CommandSpec spec;

  private final Role role;
  private final RoleOptions options;
  private final Function<Settings, C> reader;
  private final RoleStarter<C> starter;
  private final Map<String, String> environment;
  private final Properties properties;
  private List<String> ignoredVariables = List.of();

  /**
   * @param options the role's own flags and environment variables
   * @param reader the config record's {@code read}
   * @param starter starts the process from the config record
   */
  public RoleCommand(
      Role role, RoleOptions options, Function<Settings, C> reader, RoleStarter<C> starter) {
    this(role, options, reader, starter, System.getenv(), System.getProperties());
  }

  /** Creates a command with the given environment variables and system properties. */
  public RoleCommand(
      Role role,
      RoleOptions options,
      Function<Settings, C> reader,
      RoleStarter<C> starter,
      Map<String, String> environment,
      Properties properties) {
    this.role = role;
    this.options = options;
    this.reader = reader;
    this.starter = starter;
    this.environment = environment;
    this.properties = properties;
  }

  /** Runs the process until a signal stops it, then exits the JVM. */
  public void runAndExit(String... arguments) {
    NameLookups.keepBriefly(); // before any lookup, and a logger may look up the host
    SighupSignal.ignore();
    int exitCode = CommandLine.ExitCode.SOFTWARE;
    try {
      exitCode = commandLine().execute(arguments);
    } catch (RuntimeException | Error e) {
      // For example, a class cannot be loaded because the jar was replaced. Without the exit, other
      // threads would keep the process alive, and no signal would end it.
      e.printStackTrace(System.err);
    }
    System.exit(exitCode);
  }

  /** Returns the command line, to be executed without exiting the JVM. */
  public CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(this);
    commandLine.setCommandName("longcut " + role.key());
    if (options != RoleOptions.NONE) {
      commandLine.addMixin("role", options);
    }
    HiddenLogins.in(commandLine);
    return commandLine;
  }

  /** Called by picocli after parsing the flags. */
  @Override
  public Integer call() throws InterruptedException {
    CommandLine commandLine = spec.commandLine();
    Config config;
    C settings;
    try {
      config = combineSources();
      settings = Settings.read(config, reader);
    } catch (InvalidConfigException e) {
      warnOfIgnoredVariables(commandLine.getErr());
      printLines(
          commandLine.getErr(),
          commandLine.getCommandName()
              + ": invalid configuration:\n"
              + e.getMessage().indent(PROBLEM_INDENT));
      return INVALID_CONFIG;
    }
    if (checkConfig) {
      warnOfIgnoredVariables(commandLine.getErr());
      insecure(settings)
          .forEach(
              each ->
                  printLines(
                      commandLine.getErr(), "warning: " + each.setting() + ": " + each.why()));
      printLines(commandLine.getOut(), Sources.render(config, role));
      return 0;
    }
    Logger log = LoggerFactory.getLogger(RoleCommand.class);
    insecure(settings)
        .forEach(
            each ->
                log.warn(
                    "event=insecure_setting setting={} why={}",
                    each.setting(),
                    LogText.quoted(each.why())));
    ignoredVariables.forEach(
        variable ->
            log.warn("event=variable_ignored variable={} why=\"{}\"", variable, SET_BY_KUBERNETES));
    return new ProcessLife<>(role, starter, commandLine.getErr(), ProcessLife.GRACE)
        .live(settings, Sources.render(config, role));
  }

  private List<InsecureSetting> insecure(C settings) {
    List<InsecureSetting> found = new ArrayList<>(settings.insecureSettings());
    if (amqp.stream().anyMatch(Secret::isInUrl)) {
      found.add(new InsecureSetting("--amqp", VISIBLE_PASSWORD));
    }
    if (Secret.isInUrl(properties.getProperty(URIS, ""))) {
      found.add(new InsecureSetting("-D" + URIS, VISIBLE_PASSWORD));
    }
    if (file != null) {
      SettingsFiles.withPassword(file).stream()
          .filter(each -> new SecretFile(each).isReadableByOthers())
          .forEach(each -> found.add(new InsecureSetting("--config", readablePassword(each))));
    }
    return found;
  }

  private static String readablePassword(Path file) {
    return ("other users of this machine can read the password in %s; change its mode: chmod 600"
            + " %s, or write the password into a file of its own (longcut.amqp.password-file)")
        .formatted(file, file);
  }

  private Config combineSources() {
    Layer fromFlags = new Layer();
    fromFlags.put(Settings.ROOT + ".id", id, "--id");
    fromFlags.put(URIS, String.join(",", amqp), "--amqp");
    fromFlags.put(Settings.ROOT + ".amqp.password-file", amqpPasswordFile, "--amqp-password-file");
    fromFlags.put(role.path("admin.port"), adminPort, "--admin-port");
    options.fromFlags(fromFlags);

    Layer fromEnvironment = new Layer();
    fromEnvironment.putVariable(Settings.ROOT + ".id", environment, "LONGCUT_ID");
    fromEnvironment.putVariable(URIS, environment, "LONGCUT_AMQP_URI");
    fromEnvironment.putVariable(
        Settings.ROOT + ".amqp.password-file", environment, "LONGCUT_AMQP_PASSWORD_FILE");
    fromEnvironment.putVariable(
        Settings.ROOT + ".amqp.demo-passwords", environment, "LONGCUT_AMQP_DEMO_PASSWORDS");
    fromEnvironment.putVariable(
        Settings.ROOT + ".amqp.plain-text", environment, "LONGCUT_AMQP_PLAIN_TEXT");
    fromEnvironment.putVariable(Settings.ROOT + ".otlp.url", environment, "LONGCUT_OTLP_URL");
    fromEnvironment.putVariable(role.path("admin.host"), environment, "LONGCUT_ADMIN_HOST");
    fromEnvironment.putVariable(role.path("admin.port"), environment, "LONGCUT_ADMIN_PORT");
    fromEnvironment.putVariable(
        role.path("admin.token-file"), environment, "LONGCUT_ADMIN_TOKEN_FILE");
    options.fromEnvironment(environment, fromEnvironment);
    ignoredVariables = fromEnvironment.ignoredVariables();

    return Sources.combine(fromFlags, properties, fromEnvironment, Optional.ofNullable(file));
  }

  private void warnOfIgnoredVariables(PrintWriter err) {
    ignoredVariables.forEach(
        variable -> printLines(err, "warning: ignoring " + variable + ": " + SET_BY_KUBERNETES));
  }

  private static void printLines(PrintWriter out, String lines) {
    out.println(lines.stripTrailing());
    out.flush();
  }

  /** Output of {@code --version}. */
  static final class VersionLine implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"HTTP LongCut " + Version.current()};
    }
  }
}
