package io.github.httplongcut.cli.join;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.VersionProvider;
import io.github.httplongcut.cli.doctor.DoctorReport;
import io.github.httplongcut.cli.doctor.Examination;
import io.github.httplongcut.cli.output.Colours;
import io.github.httplongcut.cli.sources.RelaySettings;
import io.github.httplongcut.cli.sources.SourceOptions;
import io.github.httplongcut.config.SecretFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code longcut join}: sets up a process with the file of a grant. The launcher then starts the
 * process, so that it keeps the launcher's pid and receives its signals.
 */
@Command(
    name = "join",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    sortOptions = false,
    description = {
      "Join a relay with a file of './longcut grant': check the way to RabbitMQ, write a settings"
          + " file and a password file beside the file, and start the process.",
      "Without options, a later join takes those of the last one.",
      "Exit code: that of the process; 1 if a check failed, 2 for a wrong usage."
    })
public final class JoinCommand implements Callable<Integer> {

  /** Variable with the file in which the launcher expects the process to start. */
  static final String PLAN = "LONGCUT_JOIN_PLAN";

  /** Reading the settings asks no source. */
  private static final Duration SETTINGS_LIMIT = Duration.ofSeconds(10);

  @Parameters(paramLabel = "FILE", description = "File that './longcut grant' has written.")
  private Path file;

  @Mixin private AgentOptions options = new AgentOptions();

  @Option(names = "--no-start", description = "Check and write the files, and start nothing.")
  private boolean noStart;

  @Option(names = "--skip-checks", description = "Start even if a check would fail.")
  private boolean skipChecks;

  @Spec private CommandSpec spec;

  private final Map<String, String> environment;

  public JoinCommand() {
    this(System.getenv());
  }

  JoinCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    AgentFiles files = AgentFiles.beside(file);
    JoiningFile grant = JoiningFileReader.read(file);
    PrintWriter err = spec.commandLine().getErr();
    if (new SecretFile(file).isReadableByOthers()) {
      err.println(
          "longcut: warning: other users of this machine can read %s, which has the password; run:"
                  .formatted(file)
              + " chmod 600 "
              + file);
    }
    files.requireOwn();
    if (Files.exists(files.settings())) {
      options.completeFrom(grant.role(), files.settings());
    }
    options.check(grant);
    Optional<ListenAddresses> addresses = tryOut(files, grant, err);
    files.write(grant, options);
    err.println("longcut: wrote " + files.settings() + " and " + files.password());
    start(files, grant, addresses, err);
    err.flush();
    return 0;
  }

  /**
   * Checks a copy of the files, so that a bad grant replaces no good one: the ports, and all that
   * the doctor checks. Returns the addresses on which the process will listen; empty if it is not
   * to be started.
   */
  private Optional<ListenAddresses> tryOut(AgentFiles files, JoiningFile grant, PrintWriter err) {
    if (noStart && skipChecks) {
      return Optional.empty();
    }
    try (TrialDirectory trial = TrialDirectory.create(files.directory(), files.name())) {
      AgentFiles copy = files.in(trial.path());
      copy.write(grant, options);
      RelaySettings settings =
          SourceOptions.ofFile(copy.settings(), SETTINGS_LIMIT).settings().orElseThrow();
      Optional<ListenAddresses> addresses =
          noStart ? Optional.empty() : Optional.of(ListenAddresses.read(settings, grant.role()));
      addresses.ifPresent(each -> each.requireFree(files.ownSettings()));
      if (!skipChecks) {
        requireEncryption(settings, files);
        examine(copy, err);
      }
      return addresses;
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot write beside " + file + ": " + e.getMessage() + "; check the directory", e);
    }
  }

  private static void examine(AgentFiles copy, PrintWriter err) {
    DoctorReport report = Examination.beforeStart(copy.settings());
    if (report.failed()) {
      report.failureLines(Colours.ofTerminal()).forEach(err::println);
      err.flush();
    }
    if (report.hindersTheStart()) {
      throw new CommandFailedException(
          "not started, because a check failed. If RabbitMQ refuses the login, the password was"
              + " changed or the grant revoked: ask RabbitMQ's operator for a new file. To start"
              + " nevertheless, add --skip-checks");
    }
    err.println("longcut: checked the way to RabbitMQ: " + report.passed() + " checks passed");
  }

  /** Refuses the addresses that the process refuses, before a check sends the password there. */
  private static void requireEncryption(RelaySettings settings, AgentFiles files) {
    settings
        .refusedInPlainText()
        .ifPresent(
            address -> {
              throw new CommandFailedException(
                  "not started, because the process would send the password and all requests to %s"
                          .formatted(address)
                      + " without encryption. Ask RabbitMQ's operator for a file with amqps://"
                      + " addresses; or, if nobody else can read the traffic, write"
                      + " longcut.amqp.plain-text = allowed into "
                      + files.ownSettings());
            });
  }

  private void start(
      AgentFiles files, JoiningFile grant, Optional<ListenAddresses> addresses, PrintWriter err) {
    String role = grant.role().key();
    String command = "./longcut " + role + " --config " + files.settings();
    String plan = environment.get(PLAN);
    if (noStart || plan == null) {
      err.println("longcut: start the process with: " + command);
      return;
    }
    try {
      Files.writeString(Path.of(plan), role + '\n' + files.settings() + '\n', UTF_8);
    } catch (IOException e) {
      throw new CommandFailedException("cannot write " + plan + ": " + e.getMessage(), e);
    }
    err.println("longcut: starting; the next time: " + command);
    addresses
        .flatMap(ListenAddresses::url)
        .ifPresent(
            url ->
                err.println("longcut: try it with: curl -i " + url + options.examplePath(grant)));
  }
}
