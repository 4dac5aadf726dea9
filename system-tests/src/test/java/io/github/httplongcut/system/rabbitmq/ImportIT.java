package io.github.httplongcut.system.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Imports {@code rabbitmq/definitions.json} into a RabbitMQ that already has users. */
class ImportIT {

  private static final Duration WAIT = Duration.ofSeconds(20);
  private static final String OWN_PASSWORD = "an-administrators-own";

  @ParameterizedTest
  @ValueSource(strings = {"definitions.json", "definitions-cluster.json"})
  void importDoesNotChangeUsersAndPasswords(String file) {
    try (RabbitMq rabbitMq = RabbitMq.dedicated()) {
      rabbitMq.ctl("delete_user", RabbitMqUser.BROKER.login());
      rabbitMq.ctl("change_password", RabbitMqUser.ADMIN.login(), OWN_PASSWORD);
      // The import creates the vhost again, which shows when the import is done.
      rabbitMq.ctl("delete_vhost", RabbitMq.VHOST);
      List<String> users = rabbitMq.ctl("-q", "list_users").lines().sorted().toList();

      rabbitMq.importDefinitions(Checkout.file("rabbitmq/" + file));

      await().atMost(WAIT).until(() -> isImported(rabbitMq));
      assertThat(rabbitMq.ctl("-q", "list_users").lines().sorted().toList()).isEqualTo(users);
      assertThat(rabbitMq.ctl("authenticate_user", RabbitMqUser.ADMIN.login(), OWN_PASSWORD))
          .contains("Success");
      assertThat(rabbitMq.ctl("-q", "list_permissions", "-p", RabbitMq.VHOST))
          .doesNotContain(RabbitMqUser.ADMIN.login());
    }
  }

  /** Returns whether a binding exists: RabbitMQ imports bindings last. */
  private static boolean isImported(RabbitMq rabbitMq) {
    return rabbitMq.ctl("-q", "list_vhosts").lines().anyMatch(RabbitMq.VHOST::equals)
        && rabbitMq
            .ctl("-q", "list_bindings", "-p", RabbitMq.VHOST)
            .lines()
            .anyMatch(line -> line.startsWith("orphan\texchange\torphan\t"));
  }
}
