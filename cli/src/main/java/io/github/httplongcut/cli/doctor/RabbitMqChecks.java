package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.doctor.AmqpView.Greeting;
import io.github.httplongcut.cli.doctor.AmqpView.Login;
import io.github.httplongcut.cli.doctor.AmqpView.Reaction;
import io.github.httplongcut.cli.sources.Reasons;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** Checks of the category {@code rabbitmq}, but for those of a cluster. */
final class RabbitMqChecks {

  private static final RabbitMqVersion OLDEST = new RabbitMqVersion(3, 10);
  private static final RabbitMqVersion NEWEST = new RabbitMqVersion(4, 3);

  private final Facts facts;
  private final TenantRights tenant;

  RabbitMqChecks(Facts facts, TenantRights tenant) {
    this.facts = facts;
    this.tenant = tenant;
  }

  List<DoctorCheck> all() {
    return List.of(
        DoctorCheck.of(Finding.RABBITMQ_RESPONDS, this::responds, Finding.NETWORK_RABBITMQ),
        DoctorCheck.of(
            Finding.RABBITMQ_LOGIN, this::login, Finding.RABBITMQ_RESPONDS, Finding.TLS_RABBITMQ),
        DoctorCheck.of(Finding.RABBITMQ_VERSION, this::version, Finding.RABBITMQ_LOGIN),
        DoctorCheck.of(
            Finding.RABBITMQ_ALARMS, this::alarms, Finding.RABBITMQ_LOGIN, Finding.TOPOLOGY_VHOST));
  }

  private CheckResult responds() throws Exception {
    AmqpView amqp = facts.requiredAmqp();
    Map<String, Trial> trials = new LinkedHashMap<>();
    for (Address node : amqp.config().addresses()) {
      trials.put(node.toString(), () -> requireAnswer(amqp.greeting(node)));
    }
    facts
        .management()
        .ifPresent(management -> trials.put(management.address(), () -> requireAnswer(management)));
    Map<String, String> silent =
        Together.failures(trials.keySet(), address -> trials.get(address).run());
    if (silent.isEmpty()) {
      return CheckResult.ok(
          Finding.RABBITMQ_RESPONDS,
          "answers from "
              + amqp.responding().stream()
                  .map(Address::toString)
                  .collect(Collectors.joining(", ")));
    }
    CheckResult failure =
        CheckResult.fail(
            Finding.RABBITMQ_RESPONDS,
            "no valid answer from " + String.join(", ", silent.keySet()),
            Together.words(silent));
    return amqp.responding().isEmpty() ? failure : failure.inPart();
  }

  private interface Trial {
    void run() throws Exception;
  }

  /** Fails if the node is silent. Another check reports a node that is unreachable. */
  private static void requireAnswer(Greeting greeting) {
    if (greeting.reaction() == Reaction.SILENT) {
      throw new CommandFailedException(greeting.why());
    }
  }

  /** Fails if the management API does not answer. Other checks report its refusals. */
  private static void requireAnswer(ManagementFacts management) {
    try {
      management.user();
    } catch (Exception e) {
      if (isTimeout(e)) {
        throw new CommandFailedException(AmqpGreeting.SILENT, e);
      }
    }
  }

  private static boolean isTimeout(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof TimeoutException || each instanceof SocketTimeoutException) {
        return true;
      }
    }
    return false;
  }

  private CheckResult login() throws Exception {
    Login login = facts.requiredAmqp().login();
    String user = tenant.user();
    return switch (login.state()) {
      case REFUSED ->
          CheckResult.fail(
                  Finding.RABBITMQ_LOGIN,
                  "RabbitMQ refuses the login of user " + user,
                  "the user does not exist, or its password is another one: " + login.detail())
              .withRemedy(
                  "correct user and password of the address, or set the password, which rabbitmqctl"
                      + " reads from its input: rabbitmqctl change_password "
                      + user);
      case LIMITED ->
          CheckResult.skip(
              Finding.RABBITMQ_LOGIN,
              "RabbitMQ allows user %s no further connection: %s".formatted(user, login.detail()));
      case UNENCRYPTED ->
          CheckResult.fail(
                  Finding.RABBITMQ_LOGIN,
                  "the doctor sends the password of user " + user + " only with encryption",
                  login.detail())
              .withRemedy(
                  "use amqps://; or, if nobody else can read the traffic, set longcut.amqp.plain-text"
                      + " = allowed (LONGCUT_AMQP_PLAIN_TEXT)");
      case FAILED ->
          CheckResult.fail(
              Finding.RABBITMQ_LOGIN, "user " + user + " cannot log in", login.detail());
      case LOGGED_IN, NO_VHOST, VHOST_REFUSED ->
          managementLogin("user " + user + " logs in by AMQP");
    };
  }

  /** Judges the login for the management API, after that for AMQP has succeeded. */
  private CheckResult managementLogin(String seen) {
    if (facts.management().isEmpty()) {
      return CheckResult.ok(Finding.RABBITMQ_LOGIN, seen);
    }
    try {
      ManagementFacts management = facts.management().get();
      String tags = management.tags().stream().sorted().collect(Collectors.joining(", "));
      return CheckResult.ok(
          Finding.RABBITMQ_LOGIN,
          "%s; user %s (%s) in the management API".formatted(seen, management.user(), tags));
    } catch (Exception e) {
      if (isTimeout(e)) {
        return CheckResult.ok(
            Finding.RABBITMQ_LOGIN, seen + "; the management API does not answer");
      }
      return CheckResult.failInPart(
          Finding.RABBITMQ_LOGIN, "the management API gives no access", Reasons.of(e));
    }
  }

  private CheckResult version() throws Exception {
    String text = facts.requiredAmqp().login().version();
    if (text.isEmpty() && facts.management().isPresent()) {
      text = facts.requiredManagement().version();
    }
    Optional<RabbitMqVersion> version = RabbitMqVersion.of(text);
    if (version.isEmpty()) {
      return CheckResult.skip(Finding.RABBITMQ_VERSION, "RabbitMQ does not tell its version");
    }
    if (version.get().compareTo(OLDEST) < 0) {
      return CheckResult.failInPart(
          Finding.RABBITMQ_VERSION, "RabbitMQ " + text, "the relay needs RabbitMQ 3.10 or newer");
    }
    String note =
        version.get().compareTo(NEWEST) > 0
            ? ", which is newer than those that the relay is tested with (3.10 to 4.3)"
            : "";
    return CheckResult.ok(Finding.RABBITMQ_VERSION, "RabbitMQ " + text + note);
  }

  /**
   * The list of nodes is some seconds old: it tells details of an alarm, but not whether it ended.
   */
  private CheckResult alarms() throws Exception {
    Optional<String> alarm;
    List<String> details;
    try {
      alarm = facts.requiredManagement().alarm();
      details = alarmedNodes(facts.requiredManagement().nodes());
    } catch (SkippedException e) {
      return alarmsOfTenant(e);
    }
    if (alarm.isEmpty()) {
      return CheckResult.ok(Finding.RABBITMQ_ALARMS, "no alarm of memory or disk space");
    }
    return alarm(details.isEmpty() ? alarm.get() : String.join("; ", details));
  }

  private static List<String> alarmedNodes(List<JsonNode> nodes) {
    List<String> alarms = new ArrayList<>();
    for (JsonNode node : nodes) {
      String name = node.path("name").asText();
      if (node.path("mem_alarm").asBoolean()) {
        alarms.add(
            "node %s uses %s of memory, and its limit is %s"
                .formatted(name, mib(node, "mem_used"), mib(node, "mem_limit")));
      }
      if (node.path("disk_free_alarm").asBoolean()) {
        alarms.add(
            "node %s has %s of free disk space, and its limit is %s"
                .formatted(name, mib(node, "disk_free"), mib(node, "disk_free_limit")));
      }
    }
    return alarms;
  }

  private static String mib(JsonNode node, String field) {
    return (node.path(field).asLong() >> 20) + " MiB";
  }

  private static CheckResult alarm(String why) {
    return CheckResult.failInPart(
        Finding.RABBITMQ_ALARMS, "RabbitMQ blocks all publishers: it has an alarm", why);
  }

  /**
   * @param unseen the reason why the nodes cannot be seen
   */
  private CheckResult alarmsOfTenant(SkippedException unseen) throws Exception {
    if (tenant.role().isEmpty()) {
      throw unseen;
    }
    return tenant
        .alarm()
        .map(RabbitMqChecks::alarm)
        .orElseGet(() -> CheckResult.ok(Finding.RABBITMQ_ALARMS, "RabbitMQ accepts publications"));
  }
}
