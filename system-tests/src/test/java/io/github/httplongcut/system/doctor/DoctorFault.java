package io.github.httplongcut.system.doctor;

import static io.github.httplongcut.system.doctor.DoctorLogin.CLIENT_TENANT;
import static io.github.httplongcut.system.doctor.DoctorLogin.OPERATOR;
import static io.github.httplongcut.system.doctor.DoctorLogin.UPSTREAM_TENANT;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.relay.Relay;
import io.github.httplongcut.system.relay.RoleProcess;
import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A fault of the relay or its surroundings, and the doctor's finding of it. */
@SuppressWarnings("ImmutableEnumChecker") // injections have no state
enum DoctorFault {
  RABBITMQ_DOWN(
      ExpectedFinding.of("network.rabbitmq")
          .withRemedy("start RabbitMQ")
          .withConsequences("network.management"),
      List.of(OPERATOR, CLIENT_TENANT),
      bench -> {
        bench.rabbitMq().stop();
        return bench::startRabbitMq;
      },
      notReady(Role.CLIENT_AGENT)),

  ALARM(
      ExpectedFinding.of("rabbitmq.alarms")
          .naming("memory")
          .withRemedy("free memory", "rabbitmq-diagnostics alarms"),
      List.of(OPERATOR, CLIENT_TENANT),
      bench -> {
        bench.rabbitMq().ctl("set_vm_memory_high_watermark", "0");
        return () -> bench.rabbitMq().ctl("set_vm_memory_high_watermark", "0.4");
      },
      notReady(Role.UPSTREAM_AGENT)),

  WRONG_PASSWORD(
      ExpectedFinding.of("rabbitmq.login")
          .naming("client-agent")
          .withRemedy("rabbitmqctl change_password client-agent"),
      List.of(CLIENT_TENANT),
      bench -> {
        bench.setPassword(BenchUser.CLIENT_AGENT, "another");
        bench.closeConnections(BenchUser.CLIENT_AGENT);
        return () -> bench.setPassword(BenchUser.CLIENT_AGENT, BenchUser.CLIENT_AGENT.password());
      },
      notReady(Role.CLIENT_AGENT)),

  MISSING_PERMISSION(
      ExpectedFinding.of("permissions.user")
          .naming("client-agent", "write", "client_request")
          .withRemedy("permission", "docs/permissions.md"),
      List.of(OPERATOR, CLIENT_TENANT),
      bench -> {
        String path = "/api/permissions/%s/client-agent".formatted(RabbitMq.VHOST);
        JsonNode before = bench.management().get(path);
        Map<String, String> broken = permissions(before, "^client-agent\\.client-agent\\..+$");
        bench.management().put(path, broken);
        // A channel remembers the permissions that it has used.
        bench.closeConnections(BenchUser.CLIENT_AGENT);
        return () -> {
          bench.management().put(path, permissions(before, before.path("write").asText()));
          // A running client agent refuses the target for half a minute more.
          bench.process(Role.CLIENT_AGENT).stop();
          bench.startProcess(Role.CLIENT_AGENT);
        };
      },
      requestsFail(DoctorBench.PLAIN)),

  MISSING_EXCHANGE(
      ExpectedFinding.of("topology.exchanges")
          .naming("exchange client_request is missing")
          .withRemedy("rabbitmqctl import_definitions rabbitmq/definitions.json"),
      List.of(OPERATOR, CLIENT_TENANT),
      bench -> {
        JsonNode permissions = topicPermissions(bench);
        bench.management().delete("/api/exchanges/%s/client_request".formatted(RabbitMq.VHOST));
        return () -> {
          importDefinitions(bench);
          restoreTopicPermissions(bench, permissions);
        };
      },
      DoctorFault::noEffect),

  MISSING_POLICY(
      ExpectedFinding.of("topology.policies")
          .naming("policy client_request is missing")
          .withRemedy("rabbitmqctl import_definitions rabbitmq/definitions.json"),
      List.of(OPERATOR),
      bench -> {
        bench.management().delete("/api/policies/%s/client_request".formatted(RabbitMq.VHOST));
        return () -> importDefinitions(bench);
      },
      DoctorFault::noEffect),

  NO_BROKER(
      ExpectedFinding.of("relay.brokers")
          .withRemedy("start a broker")
          .withConsequences("network.brokers", "relay.inboxes"),
      List.of(OPERATOR),
      bench -> {
        bench.process(Role.BROKER).stop();
        return () -> bench.startProcess(Role.BROKER);
      },
      DoctorFault::noEffect),

  NO_AGENT(
      ExpectedFinding.of("targets.agents")
          .naming(DoctorBench.PLAIN, DoctorBench.CHECKED, DoctorBench.SECURE)
          .withRemedy("start an upstream agent")
          .withConsequences("network.brokers"),
      List.of(OPERATOR),
      bench -> {
        bench.process(Role.UPSTREAM_AGENT).stop();
        return () -> bench.startProcess(Role.UPSTREAM_AGENT);
      },
      DoctorFault::noEffect),

  SERVER_REFUSES(
      ExpectedFinding.of("targets.server")
          .naming(DoctorBench.PLAIN)
          .withRemedy("start the upstream server"),
      List.of(OPERATOR, UPSTREAM_TENANT),
      bench -> {
        bench.plainServer().refuse();
        return () -> bench.plainServer().listen();
      },
      requestsFail(DoctorBench.PLAIN)),

  HEALTH_CHECK_FAILS(
      ExpectedFinding.of("targets.health")
          .naming(DoctorBench.CHECKED, "500")
          .withRemedy("health-check.path"),
      List.of(OPERATOR, UPSTREAM_TENANT),
      bench -> {
        bench.checkedServer().healthy(false);
        return () -> bench.checkedServer().healthy(true);
      },
      requestsFail(DoctorBench.CHECKED)),

  EXPIRED_CERTIFICATE(
      ExpectedFinding.of("targets.certificate")
          .naming(DoctorBench.SECURE, "expired")
          .withRemedy("renew the", "certificate"),
      List.of(UPSTREAM_TENANT),
      bench -> {
        bench.secureServer().present(bench.certificates().expired());
        return () -> bench.secureServer().present(bench.certificates().valid());
      },
      requestsFail(DoctorBench.SECURE)),

  FROZEN_CLIENT_AGENT(
      ExpectedFinding.of("relay.inboxes").naming("suspended (SIGSTOP)").withRemedy("kill -CONT"),
      List.of(OPERATOR),
      bench -> {
        RoleProcess victim = bench.process(Role.CLIENT_AGENT);
        victim.freeze();
        return victim::thaw;
      },
      DoctorFault::noEffect);

  /** Causes a fault. */
  @FunctionalInterface
  interface Injection {
    /**
     * Causes the fault.
     *
     * @return the action that ends the fault
     */
    Runnable into(DoctorBench bench);
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ExpectedFinding expected;
  private final List<DoctorLogin> logins;
  private final Injection injection;
  private final Consumer<DoctorBench> effect;

  DoctorFault(
      ExpectedFinding expected,
      List<DoctorLogin> logins,
      Injection injection,
      Consumer<DoctorBench> effect) {
    this.expected = expected;
    this.logins = logins;
    this.injection = injection;
    this.effect = effect;
  }

  ExpectedFinding expected() {
    return expected;
  }

  /** The parties that can see the fault. */
  List<DoctorLogin> logins() {
    return logins;
  }

  /** Causes the fault; returns the action that ends it. */
  Runnable inject(DoctorBench bench) {
    return injection.into(bench);
  }

  /** Waits until the fault has an effect on the relay. */
  void awaitEffect(DoctorBench bench) {
    effect.accept(bench);
  }

  private static void noEffect(DoctorBench bench) {}

  private static Consumer<DoctorBench> notReady(Role role) {
    return bench ->
        await(role + " is not ready")
            .atMost(Relay.PATIENCE)
            .until(() -> !bench.process(role).isReady());
  }

  private static Consumer<DoctorBench> requestsFail(String target) {
    return bench ->
        await("a request to " + target + " fails")
            .atMost(Relay.PATIENCE)
            .until(() -> bench.get(target).statusCode() != 200);
  }

  private static Map<String, String> permissions(JsonNode user, String write) {
    return Map.of(
        "configure", user.path("configure").asText(),
        "write", write,
        "read", user.path("read").asText());
  }

  private static JsonNode topicPermissions(DoctorBench bench) {
    return bench.management().get("/api/vhosts/%s/topic-permissions".formatted(RabbitMq.VHOST));
  }

  /** RabbitMQ 4.3 deletes the topic permissions on an exchange together with the exchange. */
  private static void restoreTopicPermissions(DoctorBench bench, JsonNode permissions) {
    for (JsonNode each : permissions) {
      bench
          .management()
          .put(
              "/api/topic-permissions/%s/%s".formatted(RabbitMq.VHOST, each.path("user").asText()),
              Map.of(
                  "exchange", each.path("exchange").asText(),
                  "write", each.path("write").asText(),
                  "read", each.path("read").asText()));
    }
  }

  private static void importDefinitions(DoctorBench bench) {
    try {
      JsonNode definitions = JSON.readTree(Checkout.file("rabbitmq/definitions.json").toFile());
      bench
          .management()
          .post(
              "/api/definitions",
              JSON.convertValue(definitions, new TypeReference<Map<String, Object>>() {}));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
