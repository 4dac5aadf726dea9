package io.github.httplongcut.cli.grant;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.Tools;
import io.github.httplongcut.cli.sources.StubServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests with which a revocation changes RabbitMQ. */
class RevokingTest {

  private static final String CONFIGURE = "^client-agent\\\\.acme\\\\..+$";

  private final StubServer rabbitMq = new StubServer();
  private final Tools revoke = Tools.of(RevokeCommand::new);

  @BeforeEach
  void begin() {
    rabbitMq.answer(
        "/api/users/acme",
        200,
        """
        {"name": "acme", "tags": [], "password_hash": "x", "hashing_algorithm": "y", "limits": {}}
        """);
    permissionsIn("longcut");
    rabbitMq.answer("/api/users/acme/topic-permissions", 200, "[]");
    rabbitMq.answer("/api/connections/username/acme", 200, "[]");
    vhost("longcut");
  }

  @AfterEach
  void end() {
    rabbitMq.close();
  }

  private void vhost(String vhost) {
    rabbitMq.answer("/api/vhosts/" + vhost, 200, "{}");
    rabbitMq.answer(bindings(vhost), 200, "[]");
    page(vhost, "queues", 1);
    page(vhost, "exchanges", 1);
  }

  private static String bindings(String vhost) {
    return "/api/bindings/%s?columns=source,destination,destination_type,routing_key,properties_key"
        .formatted(vhost);
  }

  private void permissionsIn(String... vhosts) {
    List<String> permissions = new ArrayList<>();
    for (String vhost : vhosts) {
      permissions.add(
          """
          {"vhost": "%s", "configure": "%s", "write": "", "read": ""}
          """
              .formatted(vhost, CONFIGURE));
    }
    rabbitMq.answer("/api/users/acme/permissions", 200, permissions.toString());
  }

  /** Answers a page with those of the names that were not deleted yet. */
  private void page(String vhost, String kind, int number, String... names) {
    rabbitMq.answer(
        NamePages.path(vhost, kind, NamePages.OF_ACME, number),
        200,
        () -> {
          Set<String> changes = Set.copyOf(changes());
          String path = "DELETE /api/" + kind + '/' + vhost + '/';
          List<String> left =
              Stream.of(names).filter(name -> !changes.contains(path + name)).toList();
          int from = Math.min((number - 1) * 500, left.size());
          return NamePages.items(left.subList(from, Math.min(from + 500, left.size())));
        });
  }

  private static String[] numbered(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + i).toArray(String[]::new);
  }

  @Test
  void userIsDeletedBeforeAnyListIsRead() {
    rabbitMq.answer(bindings("longcut"), 500, "{}");

    assertThat(revoke("acme")).isEqualTo(1);

    List<String> requests = withoutDetails(rabbitMq.requests());
    assertThat(requests.subList(0, requests.indexOf("DELETE /api/users/acme")))
        .allMatch(request -> request.matches("GET /api/(users/acme|vhosts/longcut).*"));
    assertThat(revoke.err())
        .contains(
            "failed: removal of its queues, exchanges and bindings",
            "done before: deletion of the user, closing of its connections");
  }

  /** RabbitMQ fails if a connection ends by itself while RabbitMQ closes the user's connections. */
  @Test
  void failedClosingOfConnectionsIsRepeated() {
    String close = "DELETE /api/connections/username/acme";
    rabbitMq.answer(
        "/api/connections/username/acme",
        200,
        () -> changes().stream().filter(close::equals).count() < 3 ? "[{\"name\":\"c\"}]" : "[]");
    rabbitMq.answer(close, 500, "{}");

    assertThat(revoke("acme")).as(revoke.err()).isZero();

    assertThat(changes()).filteredOn(close::equals).hasSize(3);
  }

  @Test
  void rabbitMqThatCannotListConnectionsIsNoSuccess() {
    rabbitMq.answer("/api/connections/username/acme", 404, "{}");

    assertThat(revoke("acme")).isEqualTo(1);

    assertThat(revoke.err())
        .contains("RabbitMQ 3.10.8 or later", "done before: deletion of the user");
  }

  /** A user can declare so many exchanges that the complete list is too long to read. */
  @Test
  void exchangesAreDeletedPageByPage() {
    rabbitMq.answer("/api/exchanges/longcut?columns=name", 200, " ".repeat((16 << 20) + 1));
    page("longcut", "exchanges", 1, numbered("client-agent.acme.", 600));

    assertThat(revoke("acme")).as(revoke.err()).isZero();

    assertThat(revoke.out()).contains("removed 0 queues, 600 exchanges, 0 bindings");
    List<String> requests = withoutDetails(rabbitMq.requests());
    String page = "GET " + NamePages.path("longcut", "exchanges", NamePages.OF_ACME, 1);
    int second = requests.indexOf(page) + 501;
    assertThat(requests.get(second)).as("500 deletions come before the next page").isEqualTo(page);
  }

  @Test
  void failedRevocationHasDeletedThePagesBefore() {
    page("longcut", "queues", 1, numbered("client-agent.acme.", 2));
    rabbitMq.answer(NamePages.path("longcut", "exchanges", NamePages.OF_ACME, 1), 500, "{}");

    assertThat(revoke("acme")).isEqualTo(1);

    assertThat(changes())
        .contains(
            "DELETE /api/queues/longcut/client-agent.acme.0",
            "DELETE /api/queues/longcut/client-agent.acme.1");
  }

  /** RabbitMQ ignores the case of the expression, so a page may have another user's names only. */
  @Test
  void pageOfAnotherUserIsSkipped() {
    String[] names = numbered("client-agent.ACME.", 501);
    names[500] = "client-agent.acme.x";
    page("longcut", "queues", 1, names);
    page("longcut", "queues", 2, names);

    assertThat(revoke("acme")).as(revoke.err()).isZero();

    assertThat(changes())
        .contains("DELETE /api/queues/longcut/client-agent.acme.x")
        .noneMatch(change -> change.contains("ACME"));
  }

  @Test
  void missingPageIsTheEnd() {
    page("longcut", "queues", 1, numbered("client-agent.ACME.", 500));
    rabbitMq.answer(NamePages.path("longcut", "queues", NamePages.OF_ACME, 2), 400, "{}");

    assertThat(revoke("acme")).as(revoke.err()).isZero();
  }

  /** The user may bind two exchanges of the relay to each other with any number of keys. */
  @Test
  void bindingsAreRemovedFromAListOfAnyLength() {
    String own = "{'source': 'broker_response', 'destination': 'client_cancel', 'key': 'acme.%d'}";
    String foreign =
        "{'source': 'broker_response', 'destination': 'client-agent.b.x', 'key': 'b.%d"
            + "x".repeat(240)
            + "'}";
    List<String> all = new ArrayList<>();
    IntStream.range(0, 30_000).forEach(i -> all.add(binding(foreign, i)));
    IntStream.range(0, 3).forEach(i -> all.add(binding(own, i)));
    String path = "DELETE /api/bindings/longcut/e/broker_response/e/client_cancel/acme.";
    rabbitMq.answer(
        bindings("longcut"),
        200,
        () -> {
          int left = changes().contains(path + 2) ? 30_000 : all.size();
          return "[" + String.join(",", all.subList(0, left)) + "]";
        });

    assertThat(revoke("acme")).as(revoke.err()).isZero();

    assertThat(changes()).contains(path + 0, path + 1, path + 2);
    assertThat(revoke.out()).contains("removed 0 queues, 0 exchanges, 3 bindings");
  }

  private static String binding(String pattern, int number) {
    return pattern
        .formatted(number)
        .replaceFirst("'key': ('.*')", "'routing_key': $1, 'properties_key': $1")
        .replace("'}", "', 'destination_type': 'exchange'}")
        .replace('\'', '"');
  }

  @Test
  void refusedDeletionNamesThePermissionsOfTheLogin() {
    page("longcut", "queues", 1, "client-agent.acme.x");
    rabbitMq.answer("DELETE /api/queues/longcut/client-agent.acme.x", 401, "{}");

    assertThat(revoke("acme")).isEqualTo(1);

    assertThat(revoke.err()).contains("'ops' also needs all permissions in the vhost 'longcut'");
  }

  @Test
  void failedDeletionIsNoLackOfPermissions() {
    page("longcut", "queues", 1, "client-agent.acme.x");
    rabbitMq.answer("DELETE /api/queues/longcut/client-agent.acme.x", 500, "{}");

    assertThat(revoke("acme")).isEqualTo(1);

    assertThat(revoke.err()).contains("answers 500").doesNotContain("also needs");
  }

  @Test
  void vhostThatDoesNotExistIsRefused() {
    rabbitMq.answer("/api/vhosts/lonngcut", 404, "{}");

    assertThat(revoke("acme", "--vhost", "lonngcut")).isEqualTo(1);
    assertThat(revoke.err()).contains("no vhost 'lonngcut'", "--vhost");

    Tools grants = Tools.of(GrantsCommand::new);
    assertThat(grants.run("--vhost", "lonngcut", "--management", management())).isEqualTo(1);
    assertThat(grants.err()).contains("no vhost 'lonngcut'", "--vhost");
    assertThat(changes()).isEmpty();
  }

  @Test
  void userOfAnotherVhostIsRevokedThere() {
    permissionsIn("prod");

    assertThat(revoke("acme")).isEqualTo(1);

    assertThat(revoke.err())
        .contains("no permissions in the vhost 'longcut', but in: prod", "with --vhost prod")
        .doesNotContain("--force");
    assertThat(changes()).isEmpty();
  }

  @Test
  void userOfSeveralVhostsIsRevokedInAllOfThemByForce() {
    permissionsIn("prod", "longcut");
    vhost("prod");
    page("prod", "queues", 1, "client-agent.acme.x");
    page("longcut", "queues", 1, "client-agent.acme.y");

    assertThat(revoke("acme")).isEqualTo(1);
    assertThat(revoke.err()).contains("in other vhosts, too", ": prod; delete it", "--force");
    assertThat(changes()).isEmpty();

    assertThat(revoke("acme", "--force")).as(revoke.err()).isZero();
    assertThat(changes())
        .contains(
            "DELETE /api/queues/prod/client-agent.acme.x",
            "DELETE /api/queues/longcut/client-agent.acme.y");
    assertThat(revoke.out()).contains("nothing of 'acme' is left in the vhosts 'longcut', 'prod'");
  }

  @Test
  void failureInOneOfSeveralVhostsNamesAllOfThem() {
    permissionsIn("prod", "longcut");
    vhost("prod");
    rabbitMq.answer(bindings("prod"), 500, "{}");

    assertThat(revoke("acme", "--force")).isEqualTo(1);

    assertThat(revoke.err())
        .contains("in the vhost 'prod'", "for each of the vhosts 'longcut', 'prod', with --vhost");
  }

  private String management() {
    return rabbitMq.url().replace("http://", "http://ops:x@");
  }

  private int revoke(String user, String... more) {
    List<String> arguments = new ArrayList<>(List.of(user, "--management"));
    arguments.add(management());
    arguments.addAll(List.of(more));
    return revoke.run(arguments.toArray(String[]::new));
  }

  private List<String> changes() {
    return withoutDetails(rabbitMq.requests()).stream()
        .filter(request -> !request.startsWith("GET "))
        .toList();
  }

  private static List<String> withoutDetails(List<String> requests) {
    return requests.stream().map(each -> each.replaceFirst(" Basic (?s).*", "")).toList();
  }
}
