package io.github.httplongcut.system.rabbitmq;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import org.testcontainers.DockerClientFactory;

/**
 * The kind of RabbitMQ that the tests run on. The system property {@code
 * -Dlongcut.test.rabbitmq=uri|installed|testcontainers} selects it. Without the property, the first
 * available kind is used.
 */
enum RabbitMqChoice {
  /** A running RabbitMQ at {@link #URI_VARIABLE}. */
  URI {
    @Override
    RabbitMqServer open() {
      String uri = System.getenv(URI_VARIABLE);
      if (uri == null) {
        throw new IllegalStateException(
            URI_VARIABLE
                + " is not set: set it to the AMQP URI of a RabbitMQ, or do not set -D"
                + PROPERTY
                + "=uri");
      }
      return new ExternalRabbitMq(
          java.net.URI.create(uri),
          Optional.ofNullable(System.getenv(MANAGEMENT_VARIABLE)).map(java.net.URI::create));
    }
  },

  /** A child process of the installed package. */
  INSTALLED {
    @Override
    RabbitMqServer open() {
      return InstalledRabbitMq.open();
    }
  },

  /** A container. */
  TESTCONTAINERS {
    @Override
    RabbitMqServer open() {
      return new ContainerRabbitMq();
    }
  };

  /**
   * Environment variable: the AMQP URI of a RabbitMQ with the project's definitions and demo users.
   */
  static final String URI_VARIABLE = "LONGCUT_TEST_AMQP_URI";

  /**
   * Environment variable: the URL of the management API of the RabbitMQ at {@link #URI_VARIABLE}.
   */
  static final String MANAGEMENT_VARIABLE = "LONGCUT_TEST_MANAGEMENT_URL";

  /** System property that selects the kind of RabbitMQ. */
  static final String PROPERTY = "longcut.test.rabbitmq";

  /** Starts a RabbitMQ; for {@link #URI}, does not connect yet. */
  abstract RabbitMqServer open();

  /** The kind for the RabbitMQ that most tests share. */
  static RabbitMqChoice forSharedUse() {
    return chosen().orElseGet(() -> System.getenv(URI_VARIABLE) != null ? URI : startedByUs());
  }

  /**
   * The kind for a RabbitMQ that a test may stop; {@link #URI} only if the system property selects
   * it.
   */
  static RabbitMqChoice forDedicatedUse() {
    return chosen().orElseGet(RabbitMqChoice::startedByUs);
  }

  private static RabbitMqChoice startedByUs() {
    if (InstalledRabbitMq.isInstalled()) {
      return INSTALLED;
    }
    if (DockerClientFactory.instance().isDockerAvailable()) {
      return TESTCONTAINERS;
    }
    throw new IllegalStateException(
        "The tests need a RabbitMQ. Do one of these: apt-get install rabbitmq-server; start"
            + " Docker; or set "
            + URI_VARIABLE
            + " to a RabbitMQ that has loaded rabbitmq/definitions.json and demo-users.json.");
  }

  private static Optional<RabbitMqChoice> chosen() {
    String name = System.getProperty(PROPERTY, "");
    if (name.isEmpty()) {
      return Optional.empty();
    }
    for (RabbitMqChoice choice : values()) {
      if (choice.name().toLowerCase(Locale.ROOT).equals(name)) {
        return Optional.of(choice);
      }
    }
    throw new IllegalStateException(
        "-D" + PROPERTY + "=" + name + ": expected uri, installed or testcontainers");
  }
}
