package io.github.httplongcut.cli.diag;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigException;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.diag.Part.Keep;
import io.github.httplongcut.cli.diag.Part.State;
import io.github.httplongcut.cli.doctor.DoctorReport;
import io.github.httplongcut.cli.doctor.Examination;
import io.github.httplongcut.cli.output.Colours;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.cli.sources.AdminClient;
import io.github.httplongcut.cli.sources.Gathered;
import io.github.httplongcut.cli.sources.Gathering;
import io.github.httplongcut.cli.sources.ManagementClient;
import io.github.httplongcut.cli.sources.Reasons;
import io.github.httplongcut.cli.sources.RelaySettings;
import io.github.httplongcut.cli.sources.SourceOptions;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.config.Sources;
import io.github.httplongcut.config.Version;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * Collects the parts of the archive. The doctor runs at the same time as two gatherings, one after
 * the other, so all of it takes less than ten seconds.
 */
final class Diagnosis {

  /** Longest time for the doctor, from the end of the gatherings on. */
  private static final long DOCTOR_SECONDS = 5;

  /** Pages of every process, and their names in the archive. */
  private static final Map<String, String> PAGES =
      Map.of(
          "/api/config", "config.txt",
          "/api/threads", "threads.txt",
          "/api/log", "log.txt",
          "/metrics", "metrics.txt");

  private static final String ACCESS_LOG = Settings.ROOT + ".client-agent.access-log.file";
  private static final String RABBITMQ = ArchivePath.RABBITMQ;
  private static final int MAX_PROCESSES = 50;

  /** A process that answers, and its role. */
  private record Answering(AdminClient client, String role) {}

  private final SourceOptions sources;
  private final Redaction redaction;
  private final List<Part> parts = new ArrayList<>();

  private Diagnosis(SourceOptions sources, Redaction redaction) {
    this.sources = sources;
    this.redaction = redaction;
  }

  /**
   * Collects everything that the sources tell.
   *
   * @param logs directory with log files
   */
  static List<Part> of(SourceOptions sources, Optional<Path> logs) throws InterruptedException {
    Diagnosis diagnosis = new Diagnosis(sources, redaction(sources));
    CompletableFuture<DoctorReport> doctor =
        CompletableFuture.supplyAsync(() -> Examination.complete(sources));
    diagnosis.addVersions();
    diagnosis.addSettings();
    List<AdminClient> processes = diagnosis.processes();
    Map<String, Answering> answering = diagnosis.addDescriptions(processes);
    diagnosis.addPages(answering);
    logs.map(directory -> LogDirectory.parts(directory, accessLog(sources), diagnosis.redaction))
        .ifPresent(diagnosis.parts::addAll);
    diagnosis.addReport(doctor);
    diagnosis.addMissing();
    return List.copyOf(diagnosis.parts);
  }

  private static Optional<Path> accessLog(SourceOptions sources) {
    try {
      return sources
          .settings()
          .map(RelaySettings::config)
          .filter(config -> config.hasPath(ACCESS_LOG))
          .map(config -> Path.of(config.getString(ACCESS_LOG)));
    } catch (CommandFailedException | ConfigException | InvalidPathException e) {
      return Optional.empty(); // addSettings() reports the problem
    }
  }

  private static Redaction redaction(SourceOptions sources) {
    List<String> passwords = new ArrayList<>();
    Set<String> users = Set.of();
    try {
      Optional<RelaySettings> settings = sources.settings();
      settings
          .flatMap(found -> found.amqp().login().currentPassword())
          .map(Secret::value)
          .ifPresent(passwords::add);
      sources.adminToken().map(Secret::value).ifPresent(passwords::add);
      users = settings.map(found -> Set.of(found.amqp().user())).orElse(users);
      sources
          .management()
          .map(ManagementClient::password)
          .map(Secret::value)
          .ifPresent(passwords::add);
    } catch (CommandFailedException e) {
      return new Redaction(passwords, users); // addSettings() reports the problem
    }
    return new Redaction(passwords, users);
  }

  private void add(String name, String text, Keep keep) {
    parts.add(Part.of(name, redaction.of(text), keep));
  }

  private void addMissing(String name, String why) {
    parts.add(Part.missing(name, redaction.of(why)));
  }

  private void addVersions() {
    StringBuilder text = new StringBuilder();
    text.append("HTTP LongCut ").append(Version.current()).append('\n');
    for (String property :
        List.of("java.runtime.version", "java.vm.name", "os.name", "os.version", "os.arch")) {
      text.append(property).append(' ').append(System.getProperty(property)).append('\n');
    }
    text.append("processors ").append(Runtime.getRuntime().availableProcessors()).append('\n');
    add("versions.txt", text.toString(), Keep.BEGINNING);
  }

  /** Adds the effective settings of each role in the settings file. */
  private void addSettings() {
    if (sources.file().isEmpty()) {
      addMissing("settings", "no --config is given");
      return;
    }
    try {
      RelaySettings settings = sources.settings().orElseThrow();
      for (Role role : settings.admin().keySet()) {
        add(
            "settings/" + role.key() + ".conf",
            Sources.render(settings.config(), role),
            Keep.BEGINNING);
      }
      if (settings.admin().isEmpty()) {
        addMissing("settings", "the settings file has no section of a role");
      }
    } catch (CommandFailedException e) {
      addMissing("settings", e.getMessage());
    }
  }

  private List<AdminClient> processes() {
    List<AdminClient> processes = List.of();
    try {
      processes = sources.processes();
    } catch (CommandFailedException e) {
      addMissing("processes", e.getMessage());
      return processes;
    }
    if (processes.isEmpty()) {
      addMissing("processes", "no admin pages are known: give --broker");
    }
    if (processes.size() > MAX_PROCESSES) {
      addMissing("processes", "only the first %d processes are asked".formatted(MAX_PROCESSES));
    }
    return processes.stream().limit(MAX_PROCESSES).toList();
  }

  /** Adds the page about each process. Returns those that answer, by their directory. */
  private Map<String, Answering> addDescriptions(List<AdminClient> processes) {
    Map<String, Answering> answering = new LinkedHashMap<>();
    Set<String> taken = new HashSet<>();
    try (Gathering gathering = sources.gathering()) {
      Map<AdminClient, Gathering.Asked<JsonNode>> asked = new LinkedHashMap<>();
      for (AdminClient each : processes) {
        asked.put(each, gathering.ask(each.address(), () -> each.json("/api/process")));
      }
      asked.forEach(
          (process, question) -> {
            Gathered<JsonNode> page = question.result();
            String directory = ArchivePath.ofProcess(process.address(), page.answer(), taken);
            taken.add(directory);
            if (page.answer().isPresent()) {
              String role = page.answer().get().path("role").asText();
              answering.put(directory, new Answering(process, role));
              add(directory + "process.json", indented(page.answer().get()), Keep.BEGINNING);
            } else {
              addMissing(directory, page.why());
            }
          });
    }
    return answering;
  }

  /** Adds the pages of the processes that answer, and those of RabbitMQ's management API. */
  private void addPages(Map<String, Answering> processes) {
    try (Collector collector = new Collector(redaction, sources.gathering())) {
      processes.forEach(
          (directory, process) -> {
            PAGES.forEach(
                (path, name) ->
                    collector.askForEnd(
                        directory + name, () -> process.client.end(path, Part.MAX_CHARS)));
            if (process.role.equals(Role.BROKER.key())) {
              collector.ask(
                  directory + "status.json", () -> indented(process.client.json("/api/status")));
            }
          });
      management()
          .ifPresent(
              management ->
                  ManagementPages.of(management.vhost())
                      .forEach(
                          (name, path) ->
                              collector.ask(
                                  RABBITMQ + name, () -> indented(management.get(path)))));
      parts.addAll(summarized(collector.parts()));
    }
  }

  /** Returns one part in place of all of RabbitMQ's, if all are missing for the same reason. */
  private static List<Part> summarized(List<Part> parts) {
    List<Part> ofRabbitMq =
        parts.stream().filter(part -> part.name().startsWith(RABBITMQ)).toList();
    long reasons = ofRabbitMq.stream().map(Part::why).distinct().count();
    if (reasons != 1 || ofRabbitMq.get(0).state() != State.MISSING) {
      return parts;
    }
    List<Part> summarized = new ArrayList<>(parts);
    summarized.removeAll(ofRabbitMq);
    summarized.add(Part.missing(RABBITMQ, ofRabbitMq.get(0).why()));
    return summarized;
  }

  private Optional<ManagementClient> management() {
    try {
      Optional<ManagementClient> management = sources.management();
      if (management.isEmpty()) {
        addMissing(RABBITMQ, "no --management is given");
      }
      return management;
    } catch (CommandFailedException e) {
      addMissing(RABBITMQ, e.getMessage());
      return Optional.empty();
    }
  }

  private static String indented(JsonNode json) {
    return JsonOutput.indented(Redaction.withoutPasswords(json)) + "\n";
  }

  private void addReport(CompletableFuture<DoctorReport> doctor) throws InterruptedException {
    try {
      DoctorReport report = doctor.get(DOCTOR_SECONDS, TimeUnit.SECONDS);
      add("doctor.txt", String.join("\n", report.lines(Colours.HIDDEN)) + "\n", Keep.BEGINNING);
      add("doctor.json", indented(report.json()), Keep.BEGINNING);
    } catch (TimeoutException e) {
      addMissing("doctor.txt", "the doctor did not end in time");
    } catch (ExecutionException e) {
      addMissing("doctor.txt", "the doctor has failed: " + Reasons.of(e.getCause()));
    }
  }

  /** Adds the list of what is missing or cut. */
  private void addMissing() {
    String missing =
        parts.stream()
            .filter(part -> part.state() != State.COMPLETE)
            .map(part -> part.name() + ": " + part.why() + "\n")
            .collect(Collectors.joining());
    add("MISSING.txt", missing.isEmpty() ? "nothing is missing\n" : missing, Keep.BEGINNING);
  }
}
