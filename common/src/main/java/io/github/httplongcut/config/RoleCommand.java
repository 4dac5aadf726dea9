package io.github.httplongcut.config;

import com.typesafe.config.Config;
import java.io.PrintWriter;
import java.nio.file.Path;
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
 * The command line of a role. Exit codes: 0 after a clean end, 1 if the process cannot start or end
 * cleanly, 2 if its flags or settings are wrong.
 */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = RoleCommand.VersionLine.class,
    sortOptions = false,
    usageHelpAutoWidth = true)
public final class RoleCommand<C extends RoleConfig> implements Callable<Integer> {

  private static final int WRONG_CONFIG = 2;
  private static final int PROBLEM_INDENT = 2;
  private static final String NOT_OURS =
      "Kubernetes has set it to the address of a Service; set enableServiceLinks: false in the"
          + " pod's spec, or give the Service another name";

  @Option(
      names = "--id",
      paramLabel = "NAME",
      description = "Names this process in RabbitMQ and in the logs; default: the host's name.")
  private String id;

  @Option(
      names = "--amqp",
      paramLabel = "URI",
      description = "amqp[s]://USER:PASSWORD@HOST[:PORT]/VHOST; several with commas between.")
  private List<String> amqp = List.of();

  @Option(
      names = "--admin-port",
      paramLabel = "PORT",
      description = "Where /healthz, /readyz and /metrics are; 0: any free port.")
  private String adminPort;

  @Option(names = "--config", paramLabel = "FILE", description = "The config file: HOCON or JSON.")
  private Path file;

  @Option(
      names = "--check-config",
      description = "Print the settings as they come out, passwords hidden, and exit.")
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
   * @param options what the role adds to the flags and environment variables
   * @param reader the record's {@code read}
   * @param starter makes the process of the record
   */
  public RoleCommand(
      Role role, RoleOptions options, Function<Settings, C> reader, RoleStarter<C> starter) {
    this(role, options, reader, starter, System.getenv(), System.getProperties());
  }

  /** The same in an environment of the caller's making. */
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

  /** Runs the process until it is told to stop, and ends the JVM. */
  public void runAndExit(String... arguments) {
    NameLookups.keepBriefly(); // first: it counts from the first lookup, which may be a logger's
    SighupSignal.ignore();
    int exitCode = CommandLine.ExitCode.SOFTWARE;
    try {
      exitCode = commandLine().execute(arguments);
    } catch (RuntimeException | Error e) {
      // Such as a class that cannot be loaded any more, since the jar was replaced: other threads
      // would keep a process that no signal ends.
      e.printStackTrace(System.err);
    }
    System.exit(exitCode);
  }

  /** The command line, to be executed within a program that goes on afterwards. */
  public CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(this);
    commandLine.setCommandName("longcut " + role.key());
    if (options != RoleOptions.NONE) {
      commandLine.addMixin("role", options);
    }
    HiddenLogins.in(commandLine);
    return commandLine;
  }

  /** Called by picocli once the flags are read. */
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
              + ": the configuration is wrong:\n"
              + e.getMessage().indent(PROBLEM_INDENT));
      return WRONG_CONFIG;
    }
    if (checkConfig) {
      warnOfIgnoredVariables(commandLine.getErr());
      printLines(commandLine.getOut(), Sources.render(config, role));
      return 0;
    }
    Logger log = LoggerFactory.getLogger(RoleCommand.class);
    ignoredVariables.forEach(
        variable -> log.warn("event=variable_ignored variable={} why=\"{}\"", variable, NOT_OURS));
    return new ProcessLife<>(role, starter, commandLine.getErr(), ProcessLife.GRACE).live(settings);
  }

  private Config combineSources() {
    Layer fromFlags = new Layer();
    fromFlags.put(Settings.ROOT + ".id", id, "--id");
    fromFlags.put(Settings.ROOT + ".amqp.uris", String.join(",", amqp), "--amqp");
    fromFlags.put(role.path("admin.port"), adminPort, "--admin-port");
    options.fromFlags(fromFlags);

    Layer fromEnvironment = new Layer();
    fromEnvironment.putVariable(Settings.ROOT + ".id", environment, "LONGCUT_ID");
    fromEnvironment.putVariable(Settings.ROOT + ".amqp.uris", environment, "LONGCUT_AMQP_URI");
    fromEnvironment.putVariable(
        Settings.ROOT + ".amqp.demo-passwords", environment, "LONGCUT_AMQP_DEMO_PASSWORDS");
    fromEnvironment.putVariable(role.path("admin.host"), environment, "LONGCUT_ADMIN_HOST");
    fromEnvironment.putVariable(role.path("admin.port"), environment, "LONGCUT_ADMIN_PORT");
    options.fromEnvironment(environment, fromEnvironment);
    ignoredVariables = fromEnvironment.ignoredVariables();

    return Sources.combine(fromFlags, properties, fromEnvironment, Optional.ofNullable(file));
  }

  private void warnOfIgnoredVariables(PrintWriter err) {
    ignoredVariables.forEach(
        variable -> printLines(err, "warning: ignoring " + variable + ": " + NOT_OURS));
  }

  private static void printLines(PrintWriter out, String lines) {
    out.println(lines.stripTrailing());
    out.flush();
  }

  /** What {@code --version} prints. */
  static final class VersionLine implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"HTTP LongCut " + Version.current()};
    }
  }
}
