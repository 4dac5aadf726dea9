package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Differences between RabbitMQ's topology and the definitions, one sentence each. */
final class TopologyDifferences {

  private static final String[] EXCHANGE_FIELDS = {
    "type", "durable", "auto_delete", "internal", "arguments"
  };
  private static final String[] QUEUE_FIELDS = {"durable", "auto_delete", "arguments"};
  private static final String[] POLICY_FIELDS = {"pattern", "apply-to", "priority", "definition"};

  /** A process id that fits the queues of every role. */
  private static final String SOME_ID = "user.name-aaaaaa";

  private TopologyDifferences() {}

  static List<String> ofExchanges(List<JsonNode> expected, List<JsonNode> actual) {
    return differences("exchange", expected, actual, EXCHANGE_FIELDS);
  }

  static List<String> ofQueues(List<JsonNode> expected, List<JsonNode> actual) {
    return differences("queue", expected, actual, QUEUE_FIELDS);
  }

  /** Returns also the policies that take effect in place of ours. */
  static List<String> ofPolicies(List<JsonNode> expected, List<JsonNode> actual) {
    List<String> found = differences("policy", expected, actual, POLICY_FIELDS);
    for (JsonNode ours : expected) {
      overriding(ours, actual)
          .ifPresent(
              other ->
                  found.add(
                      "policy %s is overridden by policy %s, whose priority is %d"
                          .formatted(name(ours), name(other), other.path("priority").asInt())));
    }
    return found;
  }

  /** Returns the missing bindings of an exchange. */
  static List<String> ofBindings(List<JsonNode> expected, List<JsonNode> actual) {
    return expected.stream()
        .filter(binding -> actual.stream().noneMatch(other -> sameBinding(binding, other)))
        .map(
            binding ->
                "%s %s is not bound to exchange %s with the key \"%s\""
                    .formatted(
                        binding.path("destination_type").asText(),
                        binding.path("destination").asText(),
                        binding.path("source").asText(),
                        binding.path("routing_key").asText()))
        .toList();
  }

  private static boolean sameBinding(JsonNode one, JsonNode other) {
    return List.of("source", "destination_type", "destination", "routing_key").stream()
        .allMatch(field -> one.path(field).equals(other.path(field)));
  }

  private static List<String> differences(
      String kind, List<JsonNode> expected, List<JsonNode> actual, String... fields) {
    List<String> found = new ArrayList<>();
    for (JsonNode wanted : expected) {
      Optional<JsonNode> present = named(name(wanted), actual);
      if (present.isEmpty()) {
        found.add(kind + ' ' + name(wanted) + " is missing");
        continue;
      }
      for (String field : fields) {
        String difference = difference(field, wanted.path(field), present.get().path(field));
        if (!difference.isEmpty()) {
          found.add(kind + ' ' + name(wanted) + ": " + difference);
        }
      }
    }
    return found;
  }

  private static String difference(String field, JsonNode wanted, JsonNode found) {
    if (!wanted.isObject()) {
      return wanted.equals(found)
          ? ""
          : "%s is %s, not %s".formatted(field, shown(found), shown(wanted));
    }
    List<String> parts = new ArrayList<>();
    TreeSet<String> keys = new TreeSet<>();
    wanted.fieldNames().forEachRemaining(keys::add);
    found.fieldNames().forEachRemaining(keys::add);
    for (String key : keys) {
      if (!sameValue(wanted.path(key), found.path(key))) {
        parts.add(
            "%s is %s, not %s".formatted(key, shown(found.path(key)), shown(wanted.path(key))));
      }
    }
    return String.join(", ", parts);
  }

  private static boolean sameValue(JsonNode one, JsonNode other) {
    return one.equals(other)
        || (one.isNumber() && other.isNumber() && one.asLong() == other.asLong());
  }

  private static String shown(JsonNode value) {
    return value.isMissingNode() ? "unset" : value.asText(value.toString());
  }

  /** Returns the policy that RabbitMQ applies to our queues in place of ours. */
  private static Optional<JsonNode> overriding(JsonNode ours, List<JsonNode> actual) {
    String sample = sample(ours.path("pattern").asText());
    return actual.stream()
        .filter(other -> !name(other).equals(name(ours)))
        .filter(
            other ->
                List.of("queues", "all", "classic_queues")
                    .contains(other.path("apply-to").asText()))
        .filter(other -> other.path("priority").asInt() >= ours.path("priority").asInt())
        .filter(other -> matches(other.path("pattern").asText(), sample))
        .findFirst();
  }

  /** Returns a queue that the pattern of one of our policies matches: {@code ^client-agent\.}. */
  private static String sample(String pattern) {
    String literal = pattern.replace("^", "").replace("$", "").replace("\\", "");
    return literal.endsWith(".") ? literal + SOME_ID : literal;
  }

  private static boolean matches(String pattern, String name) {
    try {
      return Pattern.compile(pattern).matcher(name).find();
    } catch (PatternSyntaxException e) {
      return false;
    }
  }

  private static Optional<JsonNode> named(String name, Collection<JsonNode> all) {
    return all.stream().filter(each -> name(each).equals(name)).findFirst();
  }

  private static String name(JsonNode thing) {
    return thing.path("name").asText();
  }
}
