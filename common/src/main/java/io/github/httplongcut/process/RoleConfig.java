package io.github.httplongcut.process;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.config.InsecureSetting;
import io.github.httplongcut.otlp.OtlpSettings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings that every role has. */
public interface RoleConfig {

  /** Returns the name of the process, {@code longcut.id}. */
  String name();

  /** Returns the settings of the connections to RabbitMQ. */
  AmqpConfig amqp();

  /** Returns the address of the admin pages. */
  AdminConfig admin();

  /** Returns the settings of the export to an OTLP collector; empty for no export. */
  Optional<OtlpSettings> otlp();

  /** Returns the settings that the process warns of at each start. */
  default List<InsecureSetting> insecureSettings() {
    return amqp().insecureSettings();
  }

  /** Returns the time in which other processes and RabbitMQ must ack or answer a fence. */
  Duration ackTimeout();

  /** Returns the time for finishing in-flight requests after a stop signal. */
  Duration drainTimeout();
}
