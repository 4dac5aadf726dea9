package io.github.httplongcut.cli.trace;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.VersionProvider;
import io.github.httplongcut.cli.output.ExitCode;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.cli.output.PlainText;
import io.github.httplongcut.cli.output.Terminal;
import io.github.httplongcut.cli.sources.Gathered;
import io.github.httplongcut.cli.sources.SourceOptions;
import io.github.httplongcut.cli.trace.TraceQuestion.Answers;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code longcut trace}: shows the timeline of one request. */
@Command(
    name = "trace",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    sortOptions = false,
    description = {
      "Show what happened to one request: its timeline, whether it may have run, and the next step.",
      "A broker remembers the requests in flight, the last 1,000 that ended, and the last 1,000 that"
          + " failed or were slow. It forgets them when it restarts.",
      "Exit code: 0 the request was answered or is in flight, 1 it failed, or a broker that may know"
          + " it did not answer, 2 invalid options, 4 no source knows the id."
    })
public final class TraceCommand implements Callable<Integer> {

  private static final Pattern ID = Pattern.compile("[0-9A-Za-z._-]{8,256}");

  @Mixin private final SourceOptions sources;

  @Parameters(
      paramLabel = "ID",
      description =
          "client_req_id or broker_req_id of the request; with --log also the first 8 or more"
              + " characters. Answers have it in Longcut-Request-Id.")
  private String id;

  @Option(
      names = "--log",
      paramLabel = "FILE",
      description =
          "Access log of the client agent, JSON or combined format, also .gz; repeat the option for"
              + " several files.")
  private List<Path> logs = new ArrayList<>();

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private CommandSpec spec;

  public TraceCommand() {
    this(new SourceOptions());
  }

  TraceCommand(SourceOptions sources) {
    this.sources = sources;
  }

  @Override
  public Integer call() {
    if (!ID.matcher(id).matches()) {
      throw CommandFailedException.usage("ID: expected at least 8 letters, digits and hyphens");
    }
    if (sources.brokers().isEmpty() && logs.isEmpty()) {
      throw CommandFailedException.usage(
          "no source; name a broker with --broker http://host:port, or an access log with --log, or"
              + " start a demo in this checkout");
    }
    Optional<LogEntry> entry = inLogs();
    Answers answers = new TraceQuestion(sources).ask(entry.map(LogEntry::ids).orElse(List.of(id)));
    for (var silent : answers.unanswered()) {
      spec.commandLine().getErr().println("longcut: " + PlainText.of(silent.sentence()));
    }
    if (entry.isEmpty() && answers.traces().isEmpty()) {
      return unknown(answers);
    }
    print(entry, answers);
    boolean well = verdict(entry, answers.traces()).well();
    return (well ? ExitCode.WELL : ExitCode.FAILURE).code();
  }

  private Optional<LogEntry> inLogs() {
    List<LogEntry> found = new ArrayList<>();
    logs.forEach(file -> found.addAll(new AccessLogFile(file).find(id)));
    List<String> ids = found.stream().map(LogEntry::clientReqId).distinct().toList();
    if (ids.size() > 1) {
      throw CommandFailedException.usage(
          "the log has several requests with ids that begin with %s: %s"
              .formatted(id, PlainText.of(String.join(", ", ids))));
    }
    return found.stream().findFirst();
  }

  /** The client agent's word counts, since it knows what the caller got; else the last broker's. */
  private static Verdict verdict(Optional<LogEntry> entry, List<BrokerTrace> traces) {
    return entry.map(Verdict::of).orElseGet(() -> Verdict.of(traces.get(traces.size() - 1)));
  }

  private int unknown(Answers answers) {
    PrintWriter err = spec.commandLine().getErr();
    if (json) {
      print(Optional.empty(), answers);
    }
    String asked =
        String.join(
            ", ",
            Stream.concat(answers.asked().stream(), logs.stream().map(Path::toString)).toList());
    if (!answers.unanswered().isEmpty()) {
      String silent =
          answers.unanswered().stream().map(Gathered::source).collect(Collectors.joining(", "));
      err.println(
          "longcut: the request may be known to %s, without an answer; %s"
              .formatted(
                  silent, asked.isEmpty() ? "no broker has answered" : "unknown to " + asked));
      return ExitCode.FAILURE.code();
    }
    err.println("longcut: nobody knows the request %s; asked: %s".formatted(id, asked));
    err.println(
        "A broker remembers the requests in flight, the last 1,000 that ended, and the last 1,000"
            + " that failed or were slow, until it restarts. It knows complete ids only. Ask all"
            + " brokers with --broker, or give the client agent's access log with --log.");
    return ExitCode.UNKNOWN_ID.code();
  }

  private void print(Optional<LogEntry> entry, Answers answers) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonOutput.indented(tree(entry, answers)));
    } else {
      TraceText.lines(Terminal.layout(), entry, answers.traces()).forEach(out::println);
    }
    out.flush();
  }

  private ObjectNode tree(Optional<LogEntry> entry, Answers answers) {
    ObjectNode tree = JsonOutput.object().put("id", id);
    boolean known = entry.isPresent() || !answers.traces().isEmpty();
    tree.put("known", known);
    if (known) {
      Verdict verdict = verdict(entry, answers.traces());
      tree.put("well", verdict.well());
      tree.put("ran", verdict.ran());
      tree.put("next_step", verdict.nextStep());
    }
    entry.ifPresent(logged -> tree.set("access_log", JsonOutput.tree(logged)));
    ArrayNode requests = tree.putArray("requests");
    answers.traces().forEach(trace -> requests.add(trace.json()));
    ArrayNode asked = tree.putArray("asked");
    answers.asked().forEach(asked::add);
    ArrayNode unanswered = tree.putArray("unanswered");
    answers
        .unanswered()
        .forEach(
            silent ->
                unanswered.addObject().put("source", silent.source()).put("why", silent.why()));
    return tree;
  }
}
