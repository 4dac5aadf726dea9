package io.github.httplongcut.system.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.Plan.Binding;
import io.github.httplongcut.session.Plan.ConsumedQueue;
import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks that {@code rabbitmq/definitions.json} and {@code demo-users.json} match the names and
 * permissions in code (protocol sections 3 and 8).
 */
class DefinitionsTest {

  /**
   * Length of the salt in RabbitMQ's password hash, which is the salt and the SHA-256 of salt and
   * password.
   */
  private static final int SALT_BYTES = 4;

  private final JsonNode definitions = read("definitions.json");
  private final JsonNode demoUsers = read("demo-users.json");

  /** An import must neither create users with well-known passwords nor reset passwords. */
  @ParameterizedTest
  @ValueSource(strings = {"definitions.json", "definitions-cluster.json"})
  void definitionsContainNoUsers(String file) {
    assertThat(read(file).fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("vhosts", "policies", "exchanges", "queues", "bindings");
  }

  @Test
  void demoUsersAreTheUsersOfTheTests() {
    assertThat(demoUsers.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("users", "permissions", "topic_permissions");
    List<String> logins = Stream.of(RabbitMqUser.values()).map(RabbitMqUser::login).toList();
    assertThat(demoUsers.get("users").findValuesAsText("name"))
        .containsExactlyInAnyOrderElementsOf(logins);
    assertThat(demoUsers.get("permissions").findValuesAsText("user"))
        .containsExactlyInAnyOrderElementsOf(logins);
    assertThat(logins).containsAll(demoUsers.get("topic_permissions").findValuesAsText("user"));
  }

  @ParameterizedTest
  @EnumSource(RabbitMqUser.class)
  void passwordOfADemoUserIsItsName(RabbitMqUser user) throws GeneralSecurityException {
    String hash = named(demoUsers, "users", user.login()).get("password_hash").textValue();
    byte[] saltAndHash = Base64.getDecoder().decode(hash);
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    sha256.update(saltAndHash, 0, SALT_BYTES);
    sha256.update(user.login().getBytes(StandardCharsets.UTF_8));
    assertThat(Arrays.copyOfRange(saltAndHash, SALT_BYTES, saltAndHash.length))
        .isEqualTo(sha256.digest());
  }

  /**
   * Permissions need the vhost, and RabbitMQ loads the files of a directory in the order of their
   * names.
   */
  @Test
  void definitionsAreLoadedBeforeTheDemoUsers() throws IOException {
    String image = Files.readString(Checkout.file("rabbitmq/Dockerfile"));
    assertThat(image)
        .contains("/definitions.json /etc/rabbitmq/demo/1-")
        .contains("/demo-users.json /etc/rabbitmq/demo/2-")
        .contains("/rabbitmq.conf /etc/rabbitmq/conf.d/50-")
        .contains("/demo-users.conf /etc/rabbitmq/conf.d/60-");
  }

  @Test
  void everyEventHasAnExchangeWithItsName() {
    assertThat(names("exchanges"))
        .containsAll(Stream.of(EventType.values()).map(EventType::wireName).toList());
  }

  @Test
  void processesUseAllExchangesAndNoOthers() {
    Set<String> used = new TreeSet<>(Set.of(Topology.ORPHAN));
    for (RoleUser role : RoleUser.values()) {
      used.addAll(role.plan().exchanges());
      used.addAll(role.optionalExchanges());
    }
    assertThat(new TreeSet<>(names("exchanges"))).isEqualTo(used);
  }

  @Test
  void queuesAreTheSharedQueuesOfBrokers() {
    assertThat(names("queues"))
        .containsExactlyInAnyOrderElementsOf(RoleUser.BROKER.plan().sharedQueues());
  }

  @Test
  void exchangesAndQueuesSurviveARestart() {
    for (JsonNode defined : concat(definitions.get("exchanges"), definitions.get("queues"))) {
      assertThat(defined.get("durable").booleanValue()).as(defined.toString()).isTrue();
      assertThat(defined.get("auto_delete").booleanValue()).as(defined.toString()).isFalse();
    }
  }

  @Test
  void exchangesWithRoutingKeysAreTopicExchanges() {
    for (RoleUser role : RoleUser.values()) {
      for (ConsumedQueue queue : role.plan().queues()) {
        for (Binding binding : queue.bindings()) {
          if (!binding.routingKey().isEmpty()) {
            assertThat(named(definitions, "exchanges", binding.exchange()).get("type").textValue())
                .as(binding.exchange())
                .isEqualTo("topic");
          }
        }
      }
    }
  }

  @Test
  void deadLetterAndAlternateExchangesAreDefined() {
    List<String> targets = new ArrayList<>();
    definitions
        .get("policies")
        .forEach(policy -> targets.add(policy.at("/definition/dead-letter-exchange").asText("")));
    definitions
        .get("exchanges")
        .forEach(exchange -> targets.add(exchange.at("/arguments/alternate-exchange").asText("")));
    targets.removeIf(String::isEmpty);
    assertThat(names("exchanges")).containsAll(targets);
    assertThat(new TreeSet<>(targets))
        .containsExactlyInAnyOrder(
            Topology.ORPHAN,
            Topology.CLIENT_REQUEST_UNDELIVERED,
            Topology.BROKER_REQUEST_UNDELIVERED);
  }

  @Test
  void everyQueueHasExactlyOnePolicy() {
    for (RoleUser role : RoleUser.values()) {
      for (ConsumedQueue queue : role.plan().queues()) {
        List<String> policies = new ArrayList<>();
        for (JsonNode policy : definitions.get("policies")) {
          if (matches(policy.get("pattern"), queue.name())) {
            policies.add(policy.get("name").textValue());
          }
        }
        assertThat(policies).as(queue.name()).hasSize(1);
      }
    }
  }

  /**
   * RabbitMQ applies only one policy to a queue, and hosted RabbitMQs have a wildcard policy of
   * priority 0.
   */
  @Test
  void everyPolicyTakesPrecedenceOverAWildcardOfPriority0() {
    for (JsonNode policy : definitions.get("policies")) {
      assertThat(policy.get("priority").intValue()).as(policy.toString()).isPositive();
    }
  }

  @Test
  void everyQueueIsLimitedInMessagesAndBytes() {
    for (JsonNode policy : definitions.get("policies")) {
      JsonNode definition = policy.get("definition");
      assertThat(definition.has("max-length")).as(policy.toString()).isTrue();
      assertThat(definition.has("max-length-bytes")).as(policy.toString()).isTrue();
    }
  }

  /** If a tenant does not consume, publications to its inbox must not be nacked. */
  @Test
  void fullInboxOfATenantDropsItsOldestMessages() {
    for (String policy : List.of("client-agent", "upstream-agent")) {
      assertThat(named(definitions, "policies", policy).at("/definition/overflow").textValue())
          .as(policy)
          .isEqualTo("drop-head");
    }
  }

  /**
   * Older definitions cover a broker's queue for the status of brokers: only the exchange is new.
   */
  @Test
  void queueForTheStatusOfBrokersIsLimitedAndPermittedAsThatOfHeartbeats() {
    String queue = Topology.statusQueue(RoleUser.BROKER.id(), 1);

    assertThat(Topology.isStatusQueue(queue)).isTrue();
    assertThat(matches(named(definitions, "policies", "heartbeats").get("pattern"), queue))
        .isTrue();
    assertThat(matches(permissionsOf(RoleUser.BROKER).get("configure"), queue)).isTrue();
    assertThat(Topology.isStatusQueue(Topology.HEARTBEAT_QUEUES + RoleUser.BROKER.id())).isFalse();
  }

  @Test
  void onlyInboxesExpire() {
    for (RoleUser role : RoleUser.values()) {
      for (ConsumedQueue queue : role.plan().queues()) {
        for (JsonNode policy : definitions.get("policies")) {
          if (matches(policy.get("pattern"), queue.name())) {
            assertThat(policy.get("definition").has("expires"))
                .as(queue.name())
                .isEqualTo(queue.isOwn());
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(RoleUser.class)
  void permissionsOfARoleMatchItsPlan(RoleUser role) {
    Plan plan = role.plan();
    List<String> own =
        plan.queues().stream().filter(ConsumedQueue::isOwn).map(ConsumedQueue::name).toList();
    List<String> bound =
        plan.queues().stream()
            .flatMap(queue -> queue.bindings().stream())
            .map(Binding::exchange)
            .toList();
    JsonNode permissions = permissionsOf(role);

    Set<String> everyName = new TreeSet<>(names("exchanges"));
    everyName.addAll(names("queues"));
    for (RoleUser other : RoleUser.values()) {
      other.plan().queues().forEach(queue -> everyName.add(queue.name()));
    }

    Predicate<String> configure = name -> matches(permissions.get("configure"), name);
    Predicate<String> write = name -> matches(permissions.get("write"), name);
    Predicate<String> read = name -> matches(permissions.get("read"), name);
    assertThat(everyName.stream().filter(configure)).containsExactlyInAnyOrderElementsOf(own);
    assertThat(everyName.stream().filter(write))
        .containsExactlyInAnyOrderElementsOf(
            union(
                own,
                role.optionalExchanges(),
                plan.publishesTo().stream().map(EventType::wireName).toList()));
    assertThat(everyName.stream().filter(read))
        .containsExactlyInAnyOrderElementsOf(
            union(own, bound, role.optionalExchanges(), plan.sharedQueues()));
  }

  private static JsonNode read(String file) {
    try {
      return new ObjectMapper().readTree(Checkout.file("rabbitmq/" + file).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> names(String section) {
    return definitions.get(section).findValuesAsText("name");
  }

  private static JsonNode named(JsonNode file, String section, String name) {
    for (JsonNode defined : file.get(section)) {
      if (name.equals(defined.get("name").textValue())) {
        return defined;
      }
    }
    throw new AssertionError("no " + name + " in " + section);
  }

  private JsonNode permissionsOf(RoleUser role) {
    for (JsonNode permissions : demoUsers.get("permissions")) {
      if (Objects.equals(permissions.get("user").textValue(), role.user().login())) {
        return permissions;
      }
    }
    throw new AssertionError("no permissions for " + role);
  }

  private static boolean matches(JsonNode pattern, String name) {
    return Pattern.compile(pattern.textValue()).matcher(name).find();
  }

  private static List<JsonNode> concat(JsonNode first, JsonNode second) {
    List<JsonNode> all = new ArrayList<>();
    first.forEach(all::add);
    second.forEach(all::add);
    return all;
  }

  @SafeVarargs
  private static Set<String> union(List<String>... lists) {
    Set<String> all = new TreeSet<>();
    for (List<String> list : lists) {
      all.addAll(list);
    }
    return all;
  }
}
