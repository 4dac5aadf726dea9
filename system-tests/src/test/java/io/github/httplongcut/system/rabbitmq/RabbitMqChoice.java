package io.github.httplongcut.system.rabbitmq;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import org.testcontainers.DockerClientFactory;

/**
 * Which RabbitMQ the tests run on. {@code -Dlongcut.test.rabbitmq=uri|installed|testcontainers}
 * decides; without it the first of the three that is there.
 */
enum RabbitMqChoice {
  /** The one at {@link #URI_VARIABLE}. */
  URI {
    @Override
    RabbitMqServer open() {
      String uri = System.getenv(URI_VARIABLE);
      if (uri == null) {
        throw new IllegalStateException(URI_VARIABLE + " is not set");
      }
      return new GivenRabbitMq(
          java.net.URI.create(uri),
          Optional.ofNullable(System.getenv(MANAGEMENT_VARIABLE)).map(java.net.URI::create));
    }
  },

  /** A child process of the installed package. */
  INSTALLED {
    @Override
    RabbitMqServer open() {
      return new InstalledRabbitMq();
    }
  },

  /** A container. */
  TESTCONTAINERS {
    @Override
    RabbitMqServer open() {
      return new ContainerRabbitMq();
    }
  };

  /** Environment: the AMQP URI of a RabbitMQ that has the project's definitions and demo users. */
  static final String URI_VARIABLE = "LONGCUT_TEST_AMQP_URI";

  /** Environment: the URL of that RabbitMQ's management API. */
  static final String MANAGEMENT_VARIABLE = "LONGCUT_TEST_MANAGEMENT_URL";

  /** System property. */
  static final String PROPERTY = "longcut.test.rabbitmq";

  /** Starts it, or connects to nothing yet where it runs already. */
  abstract RabbitMqServer open();

  /** The one that most tests share. */
  static RabbitMqChoice forSharedUse() {
    return chosen().orElseGet(() -> System.getenv(URI_VARIABLE) != null ? URI : startedByUs());
  }

  /** One that a test may stop: never somebody else's, unless that was asked for by name. */
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
        "These tests need a RabbitMQ. Do one of these: apt-get install rabbitmq-server; start"
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
