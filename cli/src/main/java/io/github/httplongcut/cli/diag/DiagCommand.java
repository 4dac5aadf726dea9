package io.github.httplongcut.cli.diag;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.cli.VersionProvider;
import io.github.httplongcut.cli.diag.Part.State;
import io.github.httplongcut.cli.output.ExitCode;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.cli.output.Paint;
import io.github.httplongcut.cli.output.Terminal;
import io.github.httplongcut.cli.output.TextTable;
import io.github.httplongcut.cli.sources.SourceOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code longcut diag}: collects settings, states, metrics and logs in one archive. */
@Command(
    name = "diag",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    sortOptions = false,
    description = {
      "Collect settings, versions, metrics, thread dumps, log lines, RabbitMQ's state and the doctor's"
          + " report in one zip file, in less than 10 seconds.",
      "Passwords are hidden, and no message is read. The file MISSING.txt in the archive names what"
          + " could not be collected. A file has at most 1 MiB: of metrics, logs and thread dumps the end,"
          + " of everything else the beginning.",
      "Exit code: 0 if any process or RabbitMQ's management API answered, 1 if none did or the archive"
          + " cannot be written, 2 for a wrong usage."
    })
public final class DiagCommand implements Callable<Integer> {

  private static final String WARNING =
      "Passwords are hidden. The archive contains names of hosts, users and targets, settings, and log"
          + " lines with addresses and paths: look through it before you give it away.";

  @Mixin private final SourceOptions sources;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The archive (default: longcut-diag-TIME.zip in the current directory).")
  private Path out;

  @Option(names = "--json", description = "Print one JSON object about the archive.")
  private boolean json;

  @Option(
      names = "--logs",
      paramLabel = "DIR",
      defaultValue = "${env:LONGCUT_DEMO_DIR}",
      description =
          "Add the ends of the log files (*.log) in DIR (default: those of the running demo), but for"
              + " access logs.")
  private Path logs;

  @Spec private CommandSpec spec;

  public DiagCommand() {
    this(new SourceOptions());
  }

  DiagCommand(SourceOptions sources) {
    this.sources = sources;
  }

  @Override
  public Integer call() throws InterruptedException {
    List<Part> parts = Diagnosis.of(sources, Optional.ofNullable(logs));
    Path file = out == null ? Path.of(usualName()) : out;
    long bytes = Archive.write(file, parts);
    PrintWriter output = spec.commandLine().getOut();
    if (json) {
      output.println(JsonOutput.indented(json(file, bytes, parts)));
    } else {
      table(parts).lines(Terminal.layout()).forEach(output::println);
      output.println();
      output.println(WARNING);
      output.println("wrote %s, %,d bytes, readable for its owner only".formatted(file, bytes));
    }
    output.flush();
    return (isAnswered(parts) ? ExitCode.WELL : ExitCode.FAILURE).code();
  }

  private static boolean isAnswered(List<Part> parts) {
    return parts.stream()
        .filter(part -> part.state() != State.MISSING)
        .anyMatch(
            part ->
                part.name().startsWith(ArchivePath.PROCESSES)
                    || part.name().startsWith(ArchivePath.RABBITMQ));
  }

  private static String usualName() {
    String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    return "longcut-diag-" + time.replace(':', '-') + ".zip";
  }

  private static TextTable table(List<Part> parts) {
    TextTable table = new TextTable("FROM", "FILE", "BYTES");
    for (Part part : parts) {
      int slash = part.name().lastIndexOf('/');
      String from = part.name().substring(0, slash + 1).replaceFirst("^processes/", "");
      String file = part.name().substring(slash + 1);
      switch (part.state()) {
        case COMPLETE -> table.add(Paint.PLAIN, part.why(), from, file, bytes(part));
        case CUT -> table.add(Paint.WARNING, part.why(), from, file, bytes(part));
        case MISSING -> table.add(Paint.BAD, part.why(), from, file, "missing");
      }
    }
    return table;
  }

  private static String bytes(Part part) {
    return "%,d".formatted(part.text().getBytes(UTF_8).length);
  }

  private static ObjectNode json(Path file, long bytes, List<Part> parts) {
    ObjectNode json = JsonOutput.object();
    json.put("file", file.toString());
    json.put("bytes", bytes);
    json.put("warning", WARNING);
    ArrayNode list = json.putArray("parts");
    for (Part part : parts) {
      ObjectNode each = list.addObject();
      each.put("name", part.name());
      each.put("state", part.state().name().toLowerCase(Locale.ROOT));
      each.put("bytes", part.text().getBytes(UTF_8).length);
      each.put("why", part.why());
    }
    return json;
  }
}
