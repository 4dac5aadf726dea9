package io.github.httplongcut.system.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import io.github.httplongcut.system.relay.Relay;
import io.github.httplongcut.system.relay.RoleProcess;
import io.github.httplongcut.system.relay.TestUpstream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Base of the tests of the broker's page: Chromium, and a relay that serves the target {@code echo}
 * and captures requests. No case may leave an error on the console.
 */
@ExtendWith(RabbitMqExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
@Tag("any-rabbitmq")
abstract class PageFixture {

  /** The rows of the list of requests. */
  static final String ROWS = ".requests tbody tr";

  final TestUpstream echo = new TestUpstream();
  final Relay relay;
  final RoleProcess broker;
  final RoleProcess clientAgent;
  final PageBrowser browser;

  PageFixture(RabbitMq rabbitMq) {
    this(rabbitMq, Map.of());
  }

  /**
   * @param settings further settings of the processes, by their keys below {@code longcut.}
   */
  PageFixture(RabbitMq rabbitMq, Map<String, String> settings) {
    rabbitMq.purge();
    String name = getClass().getSimpleName();
    relay =
        new Relay(rabbitMq::amqpUri, name)
            .with("broker.inspect.capture", "true")
            .with("broker.inspect.replay", "true");
    settings.forEach(relay::with);
    relay.upstreamAgent(echo.url());
    clientAgent = relay.clientAgent();
    broker = relay.broker();
    relay.awaitReady();
    browser = new PageBrowser(Path.of("target", "page", name));
    browser.show(1280, false);
  }

  @AfterAll
  void end() {
    browser.close();
    relay.close();
    echo.close();
  }

  @AfterEach
  void consoleHasNoErrors() {
    assertThat(browser.complaints()).isEmpty();
  }

  /** Loads a view of the broker's page, and waits for its event stream. */
  final void load(String view) {
    browser.load(broker.port("admin_listening"), view);
    browser.awaitText("#live", "Live");
  }

  /** Waits until the list of requests has exactly these paths, in this order. */
  final void awaitRows(String... paths) {
    await("rows " + List.of(paths))
        .atMost(PageBrowser.PATIENCE)
        .untilAsserted(
            () ->
                assertThat(browser.texts(ROWS + " th a"))
                    .extracting(text -> text.substring(text.indexOf(' ') + 1))
                    .containsExactly(paths));
  }
}
