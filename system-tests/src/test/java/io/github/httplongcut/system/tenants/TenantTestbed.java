package io.github.httplongcut.system.tenants;

import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.amqp.Topology.Binding;
import io.github.httplongcut.amqp.Topology.ConsumedQueue;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqUser;
import io.github.httplongcut.system.relay.Relay;
import io.github.httplongcut.system.relay.RoleProcess;
import io.github.httplongcut.system.tenants.Neighbour.Account;
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
 * and two tenants who attack it: {@code acme}, which may call {@code orders}, and {@code plant},
 * which may serve it. They share what they know.
 */
final class TenantScene implements AutoCloseable {

  /** The target that is none of the tenants' business. */
  static final String FOREIGN = "echo";

  private static final Logger log = LoggerFactory.getLogger(TenantScene.class);
  private static final Duration STEP = Duration.ofMillis(100);
  private static final Duration QUIET = Duration.ofMillis(800);

  /** Far more than all heartbeats. */
  private static final int MESSAGES_WHEN_QUIET = 100;

  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private static final List<String> HONEST = List.of("client-agent", "broker", "upstream-agent");

  private static final int PLANTS_CAPACITY = 10_000;

  /** What a process logs when a connection was lost or made anew, or something was wrong in it. */
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
  private Account peace;
  private Set<String> links = Set.of();
  private Neighbour neighbour;

  /** Starts it all; not ready yet. */
  TenantScene(RabbitMq rabbitMq, String name) {
    this.rabbitMq = rabbitMq;
    rabbitMq.purge();
    // By default a machine that others use too can be slow enough for "overloaded".
    relay = new Relay(rabbitMq::amqpUri, name).with("client-agent.ack-delay-target", "900ms");
    clientAgent = relay.clientAgent();
    brokers = List.of(relay.broker(), relay.broker());
    all = List.of(clientAgent, brokers.get(0), brokers.get(1), relay.upstreamAgent(upstream.url()));
    acme = Tenant.clientAgent(rabbitMq, "acme");
    plant = Tenant.upstreamAgent(rabbitMq, "plant");
  }

  /** Waits until the relay is ready, and hears how fast it is while nobody attacks. */
  TenantScene begin() {
    relay.awaitReady();
    awaitAgents(1);
    neighbour(() -> {}); // so that all is compiled and warm
    peace = neighbour(() -> {});
    links = links();
    return this;
  }

  /** Waits until each broker knows so many agents. */
  void awaitAgents(double number) {
    await("agents").atMost(PATIENCE).until(() -> agents().equals(List.of(number, number)));
  }

  /** The id of the honest client agent. */
  ProcessId neighboursId() {
    return idOf(clientAgent, "client-agent");
  }

  /** Who may call {@code orders}. */
  Tenant acme() {
    return acme;
  }

  /** Who may serve {@code orders}. */
  Tenant plant() {
    return plant;
  }

  /** The running brokers' ids, which each tenant learns from what it is sent. */
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

  /** Which RabbitMQ it is. */
  RabbitMq rabbitMq() {
    return rabbitMq;
  }

  /** One of the two. */
  RoleProcess broker(int number) {
    return brokers.get(number);
  }

  /** Declares and binds acme's inbox, as a client agent does, and consumes it. */
  Ear acmesInbox() {
    return inbox(acme, Topology.clientAgent(acme.id(), 0), Map.of());
  }

  /** Declares and binds plant's inbox, as an upstream agent for {@code orders}, and consumes it. */
  Ear plantsInbox() {
    return inbox(plant, Topology.upstreamAgent(plant.id(), List.of(Tenant.TARGET), 1), Map.of());
  }

  private Ear inbox(Tenant tenant, Topology.Plan plan, Map<String, Object> arguments) {
    String queue = declareInbox(tenant, plan, arguments);
    Ear ear = new Ear(tenant, queue);
    ofThisAttack.add(ear);
    return ear;
  }

  /** Declares and binds acme's inbox with these arguments; nobody consumes it. */
  String acmesInbox(Map<String, Object> arguments) {
    return declareInbox(acme, Topology.clientAgent(acme.id(), 0), arguments);
  }

  /** Declares and binds plant's inbox with these arguments; nobody consumes it. */
  String plantsInbox(Map<String, Object> arguments) {
    return declareInbox(
        plant, Topology.upstreamAgent(plant.id(), List.of(Tenant.TARGET), 1), arguments);
  }

  private static String declareInbox(
      Tenant tenant, Topology.Plan plan, Map<String, Object> arguments) {
    ConsumedQueue inbox = plan.queues().get(0);
    String name = tenant.queue(inbox.name(), arguments);
    tenant.does(
        channel -> {
          for (Binding binding : inbox.bindings()) {
            channel.queueBind(name, binding.exchange(), binding.routingKey(), binding.arguments());
          }
        });
    return name;
  }

  /** Starts an agent of plant's for {@code orders}, and waits until the brokers know it. */
  FakeAgent plantsAgent() {
    FakeAgent agent = new FakeAgent(plant, PLANTS_CAPACITY);
    ofThisAttack.add(agent);
    awaitAgents(2);
    return agent;
  }

  /** The inbox of a broker that was killed a moment ago, by its id: nobody consumes it. */
  ProcessId killedBroker() {
    ProcessId id = ProcessId.create(RabbitMqUser.BROKER.login(), "killed");
    ConsumedQueue inbox = Topology.broker(id, 1).queues().get(0);
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

  /** An attack, made while the neighbour asks. */
  interface Attack {
    void run() throws Exception;
  }

  /**
   * Has the tenants attack while the neighbour asks, prints and returns all that others noticed.
   */
  List<String> damageOf(String name, Attack attack) {
    return damageOf(name, List.of(), attack);
  }

  /**
   * The same.
   *
   * @param ears what the tenants hear: nothing of the foreign server may be among it
   */
  List<String> damageOf(String name, List<Ear> ears, Attack attack) {
    List<Double> agentsBefore = agents();
    Map<String, Double> countersBefore = counters();
    int runsBefore = upstream.stolen().size();
    Account account = neighbour(attack);
    List<String> damage = new ArrayList<>();
    List<String> dead =
        all.stream().filter(each -> !each.isAlive()).map(RoleProcess::name).toList();
    if (!dead.isEmpty()) {
      damage.add("ended: " + dead);
    } else {
      damage.addAll(unrest());
      List<Double> agentsNow = agents();
      if (!agentsNow.equals(agentsBefore)) {
        damage.add("longcut_broker_agents " + agentsBefore + " -> " + agentsNow);
      }
      counters()
          .forEach(
              (what, now) -> {
                double more = now - countersBefore.get(what);
                if (more != 0) {
                  damage.add("%s: %.0f more".formatted(what, more));
                }
              });
    }
    Set<String> linksNow = links();
    long gone = links.stream().filter(each -> !linksNow.contains(each)).count();
    if (gone > 0) {
      damage.add(gone + " connections of the relay were lost");
    }
    links = linksNow;
    List<String> runs = upstream.stolen();
    if (runs.size() > runsBefore) {
      damage.add("the foreign server ran " + runs.subList(runsBefore, runs.size()));
    }
    List<String> read =
        ears.stream().flatMap(ear -> ear.heard().stream()).map(TenantScene::foreign).toList();
    List<String> answers = read.stream().filter(each -> !each.isEmpty()).toList();
    if (!answers.isEmpty()) {
      damage.add("the attacker read " + answers);
    }
    damage.addAll(account.failures());
    log.info(
        "attack \"{}\" on RabbitMQ {}: neighbour {}, in peace {}; refused {}; damage {}",
        name,
        rabbitMq.version(),
        account,
        peace,
        refusals(),
        damage);
    return damage;
  }

  private List<String> refusals() {
    List<String> refusals = new ArrayList<>(acme.refusals());
    refusals.addAll(plant.refusals());
    return refusals;
  }

  /** The line of the foreign server's answer in it, or nothing. */
  private static String foreign(Ear.Heard heard) {
    Matcher line =
        Pattern.compile("\"body\":\"(\\w+ " + Events.STOLEN + "[^\"]*)").matcher(heard.body());
    return line.find() ? heard.exchange() + ": " + line.group(1) : "";
  }

  private List<Double> agents() {
    return brokers.stream().map(each -> each.metric("longcut_broker_agents")).toList();
  }

  /** The connections of the relay's processes, as RabbitMQ knows them: their metrics lack some. */
  private Set<String> links() {
    return rabbitMq
        .ctl("list_connections", "-q", "user", "name")
        .lines()
        .filter(line -> HONEST.stream().anyMatch(user -> line.startsWith(user + "\t")))
        .collect(Collectors.toSet());
  }

  /** Of each process, what must not rise. */
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

  /** In an attack: does that again and again for as long as the neighbour asks. */
  void whileTheNeighbourAsks(Attack step) {
    await("the neighbour's last request")
        .pollDelay(Duration.ZERO)
        .pollInterval(STEP)
        .atMost(PATIENCE)
        .until(
            () -> {
              step.run();
              return !neighbour.isAsking();
            });
  }

  private Account neighbour(Attack attack) {
    try (Neighbour asking = Neighbour.start(clientAgent)) {
      neighbour = asking;
      attack.run();
      return asking.account();
    } catch (Exception e) {
      throw new IllegalStateException("the attack could not be made", e);
    }
  }

  /** Waits until brokers hold nothing, and says so if they are given messages all the same. */
  private List<String> unrest() {
    double before = delivered();
    long begun = System.nanoTime();
    try {
      await()
          .pollInterval(STEP)
          .during(QUIET)
          .atMost(PATIENCE)
          .until(() -> waiting() + brokers.stream().mapToDouble(TenantScene::holds).sum() == 0);
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

  /** Removes what the last attack has made. */
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
