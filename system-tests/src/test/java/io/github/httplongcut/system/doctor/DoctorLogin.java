package io.github.httplongcut.system.doctor;

import io.github.httplongcut.config.Role;
import java.util.List;
import java.util.Map;

/** The party that runs a tool, with the addresses and the logins that this party has. */
enum DoctorLogin {
  /** Has an administrator's login, and reaches the admin pages of all processes. */
  OPERATOR {
    @Override
    Map<String, String> environment(DoctorBench bench) {
      return Map.of(
          "LONGCUT_AMQP_URI", bench.amqpUri(BenchUser.OPERATOR).toString(),
          "LONGCUT_MANAGEMENT_URL", bench.managementUrl(BenchUser.OPERATOR).toString(),
          "LONGCUT_BROKER_ADMIN_URL", bench.adminUrl(Role.BROKER),
          "LONGCUT_ADMIN_URLS",
              bench.adminUrl(Role.CLIENT_AGENT) + ',' + bench.adminUrl(Role.UPSTREAM_AGENT));
    }
  },
  /** Has only the settings file of its client agent. */
  CLIENT_TENANT {
    @Override
    List<String> options(DoctorBench bench) {
      return List.of("--config", bench.settings(Role.CLIENT_AGENT).toString());
    }
  },
  /** Has only the settings file of its upstream agent. */
  UPSTREAM_TENANT {
    @Override
    List<String> options(DoctorBench bench) {
      return List.of("--config", bench.settings(Role.UPSTREAM_AGENT).toString());
    }
  };

  Map<String, String> environment(DoctorBench bench) {
    return Map.of();
  }

  List<String> options(DoctorBench bench) {
    return List.of();
  }
}
