package io.github.httplongcut.cli.status;

import com.rabbitmq.http.client.domain.NodeInfo;
import com.rabbitmq.http.client.domain.OverviewResponse;
import com.rabbitmq.http.client.domain.QueueInfo;
import io.github.httplongcut.cli.sources.AdminClient;
import io.github.httplongcut.cli.sources.AmqpAccess;
import io.github.httplongcut.cli.sources.Gathered;
import io.github.httplongcut.cli.sources.Gathering;
import io.github.httplongcut.cli.sources.Gathering.Asked;
import io.github.httplongcut.cli.sources.ManagementClient;
import io.github.httplongcut.cli.sources.OpenConnection;
import io.github.httplongcut.cli.sources.SourceOptions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Asks all sources for the status, as often as needed. */
final class StatusQuestion {

  private static final String NO_BROKERS =
      "brokers, targets and agents are not shown: name the admin port of a broker with --broker"
          + " http://host:port or LONGCUT_BROKER_ADMIN_URL";
  private static final String NO_MANAGEMENT =
      "RabbitMQ's nodes, alarms and queues are not shown: name its management UI, with a login, with"
          + " --management http://user:password@host:port or LONGCUT_MANAGEMENT_URL";
  private static final String NO_ANSWER = "no answer";
  private static final String NO_ANSWER_IN_TIME = "did not answer within";

  private final SourceOptions sources;
  private final List<AdminClient> brokers;
  private final Optional<ManagementClient> management;

  /** RabbitMQ's AMQP port; asked only if there is no management API. */
  private final Optional<AmqpAccess> amqp;

  /** Answers of RabbitMQ. */
  private record RabbitAnswers(
      Gathered<OverviewResponse> overview,
      Gathered<List<NodeInfo>> nodes,
      Gathered<List<QueueInfo>> queues) {}

  StatusQuestion(SourceOptions sources) {
    this.sources = sources;
    this.brokers = sources.brokers();
    this.management = sources.management();
    this.amqp = management.isPresent() ? Optional.empty() : sources.amqp();
  }

  /** Returns whether no source is named at all. */
  boolean isEmpty() {
    return brokers.isEmpty() && management.isEmpty() && amqp.isEmpty();
  }

  /** Asks all sources. Waits for none longer than the limit. */
  RelayStatus ask() {
    try (Gathering gathering = sources.gathering()) {
      List<Asked<BrokerView>> askedBrokers = new ArrayList<>();
      for (AdminClient broker : brokers) {
        askedBrokers.add(
            gathering.ask(
                broker.address(),
                () -> new BrokerView(broker.address(), broker.json("/api/status"))));
      }
      if (management.isPresent()) {
        ManagementClient rabbitMq = management.get();
        Asked<OverviewResponse> overview = gathering.ask(rabbitMq.address(), rabbitMq::overview);
        Asked<List<NodeInfo>> nodes = gathering.ask(rabbitMq.address(), rabbitMq::nodes);
        Asked<List<QueueInfo>> queues = gathering.ask(rabbitMq.address(), rabbitMq::queues);
        return status(
            results(askedBrokers),
            new RabbitAnswers(overview.result(), nodes.result(), queues.result()));
      }
      Optional<Asked<String>> connected =
          amqp.map(access -> gathering.ask(access.address(), () -> connect(access)));
      return statusWithoutManagement(results(askedBrokers), connected.map(Asked::result));
    }
  }

  private static String connect(AmqpAccess access) {
    try (OpenConnection open = access.connect("longcut status")) {
      Object version = open.connection().getServerProperties().get("version");
      return version == null ? "" : version.toString();
    }
  }

  private static <T> List<Gathered<T>> results(List<Asked<T>> asked) {
    return asked.stream().map(Asked::result).toList();
  }

  private RelayStatus status(List<Gathered<BrokerView>> views, RabbitAnswers answers) {
    List<Gathered<?>> all = new ArrayList<>(views);
    all.add(answers.overview);
    all.add(answers.nodes);
    all.add(answers.queues);
    String version = answers.overview.answer().map(OverviewResponse::getServerVersion).orElse("");
    ManagementClient rabbitMq = management.orElseThrow();
    return new RelayStatus(
        now(),
        new RelayStatus.RabbitMq(
            version, rabbitMq.address(), rabbitMq.vhost(), nodes(rabbitMq.address(), answers)),
        agents(views),
        queues(answers, consuming(views)),
        unanswered(all),
        missing());
  }

  private RelayStatus statusWithoutManagement(
      List<Gathered<BrokerView>> views, Optional<Gathered<String>> connected) {
    List<Gathered<?>> all = new ArrayList<>(views);
    connected.ifPresent(all::add);
    List<NodeRow> nodes = connected.map(StatusQuestion::node).map(List::of).orElse(List.of());
    return new RelayStatus(
        now(),
        new RelayStatus.RabbitMq(
            connected.flatMap(Gathered::answer).orElse(""),
            amqp.map(AmqpAccess::address).orElse(""),
            amqp.map(access -> access.config().virtualHost()).orElse(""),
            nodes),
        agents(views),
        List.of(),
        unanswered(all),
        missing());
  }

  private static NodeRow node(Gathered<String> connected) {
    return connected.isAnswered()
        ? new NodeRow(connected.source(), "up", 0, 0, Health.WELL, "")
        : new NodeRow(
            connected.source(), NO_ANSWER, 0, 0, Health.PROBLEM, explained(connected.why()));
  }

  private static List<NodeRow> nodes(String address, RabbitAnswers answers) {
    if (answers.nodes.isAnswered()) {
      return answers.nodes.answer().orElseThrow().stream().map(StatusQuestion::node).toList();
    }
    // The list of nodes needs the tag "monitoring", the overview needs only "management".
    return answers.overview.isAnswered()
        ? List.of(new NodeRow(address, "up", 0, 0, Health.PROBLEM, answers.nodes.why()))
        : List.of(
            new NodeRow(
                address, NO_ANSWER, 0, 0, Health.PROBLEM, explained(answers.overview.why())));
  }

  private static long consuming(List<Gathered<BrokerView>> views) {
    return views.stream()
        .flatMap(view -> view.answer().stream())
        .filter(BrokerView::takesRequests)
        .count();
  }

  /** Returns no row if the row of RabbitMQ tells that it does not answer. */
  private static List<QueueRow> queues(RabbitAnswers answers, long consuming) {
    if (answers.queues.isAnswered()) {
      return new Queues(answers.queues.answer().orElseThrow(), consuming).rows();
    }
    return answers.overview.isAnswered()
        ? List.of(Queues.unknown(explained(answers.queues.why())))
        : List.of();
  }

  private static NodeRow node(NodeInfo node) {
    List<String> reasons = new ArrayList<>();
    if (!node.isRunning()) {
      reasons.add("the node is down; start it, or remove it from the cluster");
    }
    if (node.isMemoryAlarmActive()) {
      reasons.add("memory alarm: RabbitMQ accepts no messages until it has memory again");
    }
    if (node.isDiskAlarmActive()) {
      reasons.add("disk alarm: RabbitMQ accepts no messages until its disk has room again");
    }
    String state = !node.isRunning() ? "down" : reasons.isEmpty() ? "up" : "alarm";
    return new NodeRow(
        node.getName(),
        state,
        node.getMemoryUsed(),
        node.getDiskFree(),
        reasons.isEmpty() ? Health.WELL : Health.PROBLEM,
        String.join("; ", reasons));
  }

  private static RelayStatus.Agents agents(List<Gathered<BrokerView>> gathered) {
    List<BrokerView> views = gathered.stream().flatMap(each -> each.answer().stream()).toList();
    List<BrokerRow> rows =
        gathered.stream()
            .map(each -> each.answer().map(BrokerView::row).orElseGet(() -> silent(each)))
            .toList();
    MergedViews merged = new MergedViews(views);
    return new RelayStatus.Agents(
        rows, merged.targets(), merged.upstreamAgents(), merged.clientAgents(), merged.truncated());
  }

  private static BrokerRow silent(Gathered<BrokerView> broker) {
    return new BrokerRow(
        broker.source(),
        broker.source(),
        NO_ANSWER,
        "",
        0,
        0,
        0,
        0,
        "",
        Health.PROBLEM,
        explained(broker.why()));
  }

  /** Adds the remedy to the reason of a gathering, which has none. */
  private static String explained(String why) {
    return why.startsWith(NO_ANSWER_IN_TIME)
        ? why + "; check that it runs and is not suspended"
        : why;
  }

  private static List<RelayStatus.Unanswered> unanswered(List<Gathered<?>> all) {
    Set<RelayStatus.Unanswered> reasons = new LinkedHashSet<>();
    for (Gathered<?> each : all) {
      if (!each.isAnswered()) {
        reasons.add(new RelayStatus.Unanswered(each.source(), each.why()));
      }
    }
    return List.copyOf(reasons);
  }

  private List<String> missing() {
    List<String> missing = new ArrayList<>();
    if (brokers.isEmpty()) {
      missing.add(NO_BROKERS);
    }
    if (management.isEmpty()) {
      missing.add(NO_MANAGEMENT);
    }
    return missing;
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
  }
}
