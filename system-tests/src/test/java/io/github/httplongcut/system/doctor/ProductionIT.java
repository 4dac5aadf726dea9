package io.github.httplongcut.system.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code doctor --production} on a trial, which fails it, and after the faults are removed. */
class ProductionIT {

  private static final String PASSWORD = "a-long-password";

  @Test
  void theChecklistFindsWhatATrialHas() {
    try (RabbitMq rabbitMq = RabbitMq.dedicated()) {
      DoctorFindings trial = doctor(rabbitMq, RabbitMqUser.ADMIN.login());
      assertThat(result(trial, "production.passwords")).isEqualTo("fail");
      assertThat(result(trial, "production.limits")).isEqualTo("fail");
      assertThat(result(trial, "production.guest")).isEqualTo("ok");
      assertThat(result(trial, "production.users")).isEqualTo("ok");
      assertThat(result(trial, "production.admin")).isEqualTo("skip");
      assertThat(result(trial, "production.protocol"))
          .isEqualTo(rabbitMq.version().startsWith("3.") ? "ok" : "skip");

      rabbitMq.ctl("add_user", "guest", "guest");
      rabbitMq.ctl("set_user_tags", RabbitMqUser.CLIENT_AGENT.login(), "management");
      DoctorFindings worse = doctor(rabbitMq, RabbitMqUser.ADMIN.login());
      assertThat(result(worse, "production.guest")).isEqualTo("fail");
      assertThat(result(worse, "production.users")).isEqualTo("fail");

      rabbitMq.ctl("delete_user", "guest");
      for (RabbitMqUser user : RabbitMqUser.values()) {
        rabbitMq.ctl("change_password", user.login(), PASSWORD);
      }
      rabbitMq.ctl("set_user_tags", RabbitMqUser.CLIENT_AGENT.login());
      for (RabbitMqUser user : List.of(RabbitMqUser.CLIENT_AGENT, RabbitMqUser.UPSTREAM_AGENT)) {
        rabbitMq.ctl(
            "set_user_limits", user.login(), "{\"max-connections\": 6, \"max-channels\": 40}");
      }
      DoctorFindings ready = doctor(rabbitMq, PASSWORD);
      for (String id : List.of("passwords", "guest", "users", "limits")) {
        assertThat(result(ready, "production." + id)).as("%s", ready.run()).isEqualTo("ok");
      }
    }
  }

  private static DoctorFindings doctor(RabbitMq rabbitMq, String password) {
    String login = RabbitMqUser.ADMIN.login() + ":" + password;
    return DoctorFindings.of(
        ToolRun.of(
            Map.of(
                "LONGCUT_AMQP_URI",
                "amqp://%s@%s:%d/%s"
                    .formatted(login, rabbitMq.host(), rabbitMq.amqpPort(), RabbitMq.VHOST),
                "LONGCUT_MANAGEMENT_URL",
                "http://" + login + "@" + rabbitMq.managementUri().getAuthority()),
            List.of("doctor", "--production", "--json")));
  }

  private static String result(DoctorFindings findings, String id) {
    return findings.entries().get(id).result();
  }
}
