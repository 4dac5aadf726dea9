package io.github.httplongcut.process;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.config.InsecureSetting;
import io.github.httplongcut.otlp.OtlpSettings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of a role that never builds a {@link RoleRuntime}. */
public interface SmallRoleConfig extends RoleConfig {

  @Override
  default String name() {
    throw new AssertionError("not set");
  }

  @Override
  default AmqpConfig amqp() {
    throw new AssertionError("not set");
  }

  @Override
  default List<InsecureSetting> insecureSettings() {
    return List.of();
  }

  @Override
  default AdminConfig admin() {
    throw new AssertionError("not set");
  }

  @Override
  default Optional<OtlpSettings> otlp() {
    throw new AssertionError("not set");
  }

  @Override
  default Duration ackTimeout() {
    throw new AssertionError("not set");
  }
}
