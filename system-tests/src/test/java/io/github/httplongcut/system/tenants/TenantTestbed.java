package io.github.httplongcut.system.tenants;

import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.Plan.Binding;
import io.github.httplongcut.session.Plan.ConsumedQueue;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.relay.Relay;
import io.github.httplongcut.system.relay.RoleProcess;
import io.github.httplongcut.system.tenants.Neighbour.NeighbourReport;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionTimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A relay of real processes that serves the foreign target {@code echo} for an honest neighbour,
 * and two tenants that attack the relay together: {@code acme}, which may call {@code orders}, and
 * {@code plant}, which may serve {@code orders}.
 */
final class TenantTestbed implements AutoCloseable {

  /** The target that tenants may neither call nor serve. */
  static final String FOREIGN = "echo";

  private static final Logger log = LoggerFactory.getLogger(TenantTestbed.class);
  private static final Duration STEP = Duration.ofMillis(100);
  private static final int SOME = 20;
  private static final Duration QUIET = Duration.ofMillis(800);

  /** Maximum messages a second to brokers after an attack; far more than all heartbeats. */
  private static final int MESSAGES_WHEN_QUIET = 100;

  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private static final List<String> HONEST = List.of("client-agent", "broker", "upstream-agent");

  private static final int PLANTS_CAPACITY = 10_000;

  /** Events that a process logs when it loses or replaces a connection, or finds a bug. */
  private static final List<String> BAD_LINES =
      List.of(
          "amqp_cut",
          "amqp_down",
          "consuming_lost",
          "consuming_reopened",
          "publishing_reopened",
          "bug");

  private final RabbitMq rabbitMq;
  private final ForeignServer upstream = new ForeignServer();
  private final Relay relay;
  private final RoleProcess clientAgent;
  private final List<RoleProcess> brokers;
  private final List<RoleProcess> all;
  private final Tenant acme;
  private final Tenant plant;
  private final List<AutoCloseable> ofThisAttack = new ArrayList<>();
  private NeighbourReport baseline;
  private Set<String> connections = Set.of();
  private Neighbour neighbour;

  /** Starts the processes, which are not ready yet, and creates the tenants. */
  TenantTestbed(RabbitMq rabbitMq, String name) {
    this.rabbitMq = rabbitMq;
    rabbitMq.purge();
    // With the default, a busy machine can be slow enough for "overloaded".
    relay = new Relay(rabbitMq::amqpUri, name).with("client-agent.ack-delay-target", "900ms");
    clientAgent = relay.clientAgent();
    brokers = List.of(relay.broker(), relay.broker());
    all = List.of(clientAgent, brokers.get(0), brokers.get(1), relay.upstreamAgent(upstream.url()));
    acme = Tenant.clientAgent(rabbitMq, "acme");
    plant = Tenant.upstreamAgent(rabbitMq, "plant");
  }

  /** Waits until the relay is ready, and measures its latencies without an attack. */
  TenantTestbed begin() {
    relay.awaitReady();
    awaitAgents(1);
    neighbour(() -> {}); // a warm-up run
    baseline = neighbour(() -> {});
    connections = connections();
    return this;
  }

  /** Waits until each broker knows this number of agents. */
  void awaitAgents(double number) {
    await("agents").atMost(PATIENCE).until(() -> agents().equals(List.of(number, number)));
  }

  /** The id of the honest client agent. */
  ProcessId neighboursId() {
    return idOf(clientAgent, "client-agent");
  }

  /** The tenant that may call {@code orders}. */
  Tenant acme() {
    return acme;
  }

  /** The tenant that may serve {@code orders}. */
  Tenant plant() {
    return plant;
  }

  /** The ids of the running brokers, which tenants learn from events that they receive. */
  List<ProcessId> brokerIds() {
    return brokers.stream().map(each -> idOf(each, "broker")).toList();
  }

  private static ProcessId idOf(RoleProcess process, String user) {
    Pattern form = Pattern.compile("\\b" + user + "\\." + process.name() + "-[a-z2-7]{6}\\b");
    Matcher id = form.matcher(process.output());
    if (!id.find()) {
      throw new IllegalStateException("no id in the log of " + process.name());
    }
    return ProcessId.parse(id.group());
  }

  /** The RabbitMQ of the relay and the tenants. */
  RabbitMq rabbitMq() {
    return rabbitMq;
  }

  /** One of the two brokers. */
  RoleProcess broker(int number) {
    return brokers.get(number);
  }

  /** Declares and binds acme's inbox, as a client agent does, and consumes it. */
  RecordingConsumer acmesInbox() {
    return inbox(acme, Plan.clientAgent(acme.id(), 0), Map.of());
  }

  /** Declares and binds plant's inbox, as an upstream agent for {@code orders}, and consumes it. */
  RecordingConsumer plantsInbox() {
    return inbox(plant, Plan.upstreamAgent(plant.id(), List.of(Tenant.TARGET), 1), Map.of());
  }

  private RecordingConsumer inbox(Tenant tenant, Plan plan, Map<String, Object> arguments) {
    String queue = declareInbox(tenant, plan, arguments);
    RecordingConsumer consumer = new RecordingConsumer(tenant, queue);
    ofThisAttack.add(consumer);
    return consumer;
  }

  /** Declares and binds acme's inbox with these arguments, without a consumer. */
  String acmesInbox(Map<String, Object> arguments) {
    return declareInbox(acme, Plan.clientAgent(acme.id(), 0), arguments);
  }

  /** Declares and binds plant's inbox with these arguments, without a consumer. */
  String plantsInbox(Map<String, Object> arguments) {
    return declareInbox(
        plant, Plan.upstreamAgent(plant.id(), List.of(Tenant.TARGET), 1), arguments);
  }

  private static String declareInbox(Tenant tenant, Plan plan, Map<String, Object> arguments) {
    ConsumedQueue inbox = plan.queues().get(0);
    String name = tenant.queue(inbox.name(), arguments);
    tenant.run(
        channel -> {
          for (Binding binding : inbox.bindings()) {
            channel.queueBind(name, binding.exchange(), binding.routingKey(), binding.arguments());
          }
        });
    return name;
  }

  /** Starts an agent of plant for {@code orders}, and waits until the brokers know the agent. */
  FakeAgent plantsAgent() {
    FakeAgent agent = new FakeAgent(plant, PLANTS_CAPACITY);
    ofThisAttack.add(agent);
    awaitAgents(2);
    return agent;
  }

  /**
   * Declares the inbox of a broker that was just killed, without a consumer; returns the broker's
   * id.
   */
  ProcessId killedBroker() {
    ProcessId id = ProcessId.create(RabbitMqUser.BROKER.login(), "killed");
    ConsumedQueue inbox = Plan.broker(id, 1).queues().get(0);
    Connection connection = rabbitMq.connect(RabbitMqUser.ADMIN, "a broker that is killed");
    try {
      Channel channel = connection.createChannel();
      channel.queueDeclare(inbox.name(), true, false, false, Map.of("x-queue-type", "classic"));
      for (Binding binding : inbox.bindings()) {
        channel.queueBind(
            inbox.name(), binding.exchange(), binding.routingKey(), binding.arguments());
      }
      ofThisAttack.add(
          () -> {
            channel.queueDelete(inbox.name());
            connection.close();
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return id;
  }

  /** An attack that runs while the neighbour sends requests. */
  interface Attack {
    void run() throws Exception;
  }

  /** Runs an attack while the neighbour sends requests; logs and returns all damage. */
  List<String> damageOf(String name, Attack attack) {
    return damageOf(name, List.of(), attack);
  }

  /**
   * Runs an attack while the neighbour sends requests; logs and returns all damage.
   *
   * @param consumers consume the tenants' queues, which must not contain responses of the foreign
   *     server
   */
  List<String> damageOf(String name, List<RecordingConsumer> consumers, Attack attack) {
    List<Double> agentsBefore = agents();
    Map<String, Double> countersBefore = counters();
    int runsBefore = upstream.stolen().size();
    NeighbourReport report = neighbour(attack);
    List<String> damage = new ArrayList<>();
    List<String> dead =
        all.stream().filter(each -> !each.isAlive()).map(RoleProcess::name).toList();
    if (!dead.isEmpty()) {
      damage.add("processes ended: " + dead);
    } else {
      damage.addAll(remainingWork());
      List<Double> agentsNow = agents();
      if (!agentsNow.equals(agentsBefore)) {
        damage.add("longcut_broker_agents " + agentsBefore + " -> " + agentsNow);
      }
      counters()
          .forEach(
              (counter, now) -> {
                double more = now - countersBefore.get(counter);
                if (more != 0) {
                  damage.add("%s: %.0f more".formatted(counter, more));
                }
              });
    }
    Set<String> connectionsNow = connections();
    long gone = connections.stream().filter(each -> !connectionsNow.contains(each)).count();
    if (gone > 0) {
      damage.add(gone + " connections of the relay were lost");
    }
    connections = connectionsNow;
    List<String> runs = upstream.stolen();
    if (runs.size() > runsBefore) {
      damage.add("the foreign server ran " + runs.subList(runsBefore, runs.size()));
    }
    List<String> read =
        consumers.stream()
            .flatMap(consumer -> consumer.received().stream())
            .map(TenantTestbed::foreign)
            .toList();
    List<String> answers = read.stream().filter(each -> !each.isEmpty()).toList();
    if (!answers.isEmpty()) {
      damage.add("the attacker read " + answers);
    }
    damage.addAll(report.failures());
    log.info(
        "attack \"{}\" on RabbitMQ {}: neighbour {}, without an attack {}; refused {}; damage {}",
        name,
        rabbitMq.version(),
        report,
        baseline,
        refusals(),
        damage);
    return damage;
  }

  private List<String> refusals() {
    List<String> refusals = new ArrayList<>(acme.refusals());
    refusals.addAll(plant.refusals());
    return refusals;
  }

  /** The foreign server's response line in a message; empty if there is none. */
  private static String foreign(RecordingConsumer.ReceivedMessage received) {
    Matcher line =
        Pattern.compile("\"body\":\"(\\w+ " + TenantEvents.STOLEN + "[^\"]*)")
            .matcher(received.body());
    return line.find() ? received.exchange() + ": " + line.group(1) : "";
  }

  private List<Double> agents() {
    return brokers.stream().map(each -> each.metric("longcut_broker_agents")).toList();
  }

  /** The connections of the relay's processes as RabbitMQ lists them. */
  private Set<String> connections() {
    return rabbitMq
        .ctl("list_connections", "-q", "user", "name")
        .lines()
        .filter(line -> HONEST.stream().anyMatch(user -> line.startsWith(user + "\t")))
        .collect(Collectors.toSet());
  }

  /** Counters of each process that must not increase during an attack. */
  private Map<String, Double> counters() {
    Map<String, Double> counters = new LinkedHashMap<>();
    for (RoleProcess each : all) {
      String opened = "longcut_amqp_connections_opened_total";
      counters.put(each.name() + " " + opened, each.metric(opened));
      String output = each.output();
      for (String event : BAD_LINES) {
        long lines = output.lines().filter(line -> line.contains("event=" + event + " ")).count();
        counters.put(each.name() + " event=" + event, (double) lines);
      }
    }
    return counters;
  }

  /** Repeats a step of an attack until the neighbour has sent its last request. */
  void whileTheNeighbourSends(Attack step) {
    await("the neighbour's last request")
        .pollDelay(Duration.ZERO)
        .pollInterval(STEP)
        .atMost(PATIENCE)
        .until(
            () -> {
              step.run();
              return !neighbour.isSending();
            });
  }

  /** Waits until some more of the neighbour's requests have ended, or it has sent its last one. */
  void awaitAnswersToTheNeighbour() {
    int enough = neighbour.ended() + SOME;
    await("answers to the neighbour")
        .pollInterval(STEP)
        .atMost(PATIENCE)
        .until(() -> neighbour.ended() >= enough || !neighbour.isSending());
  }

  private NeighbourReport neighbour(Attack attack) {
    try (Neighbour started = Neighbour.start(clientAgent)) {
      neighbour = started;
      attack.run();
      return started.report();
    } catch (Exception e) {
      throw new IllegalStateException("the attack could not be made", e);
    }
  }

  /**
   * Waits until brokers hold no requests. Returns damage if requests remain, or if brokers still
   * receive many messages.
   */
  private List<String> remainingWork() {
    double before = delivered();
    long begun = System.nanoTime();
    try {
      await()
          .pollInterval(STEP)
          .during(QUIET)
          .atMost(PATIENCE)
          .until(() -> waiting() + brokers.stream().mapToDouble(TenantTestbed::holds).sum() == 0);
    } catch (ConditionTimeoutException e) {
      return List.of("requests left in brokers or shared queues");
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    double perSecond = (delivered() - before) / seconds;
    return perSecond > MESSAGES_WHEN_QUIET
        ? List.of("%.0f messages a second after the attack".formatted(perSecond))
        : List.of();
  }

  private int waiting() {
    return rabbitMq.messagesReady(Topology.CLIENT_REQUEST_QUEUE)
        + rabbitMq.messagesReady(Topology.ORPHAN);
  }

  private double delivered() {
    return brokers.stream()
        .mapToDouble(each -> each.metric("longcut_amqp_messages_delivered_total"))
        .sum();
  }

  private static double holds(RoleProcess broker) {
    return broker.metric("longcut_broker_requests");
  }

  /** Removes all queues, exchanges and connections of the last attack. */
  void cleanUp() {
    closeThisAttack();
    acme.cleanUp();
    plant.cleanUp();
    awaitAgents(1);
  }

  private void closeThisAttack() {
    for (AutoCloseable each : ofThisAttack) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
    ofThisAttack.clear();
  }

  @Override
  public void close() {
    closeThisAttack();
    relay.close();
    acme.close();
    plant.close();
    upstream.close();
    rabbitMq.purge();
  }
}
