package io.github.httplongcut.system.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The login before the page, and the logout. */
class LoginPageIT extends PageFixture {

  /**
   * Name that browsers resolve to 127.0.0.1. The broker serves its page by this name only after a
   * login: it grants access without one only by {@code localhost} and the loopback addresses.
   */
  private static final String HOST = "login.localhost";

  private static final String TOKEN = "token-of-the-login-page-it";

  private final Accessibility accessibility = new Accessibility();

  LoginPageIT(RabbitMq rabbitMq) {
    super(rabbitMq, Map.of("broker.admin.token-file", tokenFile().toString()));
  }

  private static Path tokenFile() {
    Path file = Path.of("target", "page", "LoginPageIT", "admin-token").toAbsolutePath();
    try {
      Files.createDirectories(file.getParent());
      return Files.writeString(file, TOKEN);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void loginLeadsToTheViewAndLogoutToTheLogin() {
    String view = viewOfARequest("/behind-the-login");
    assertThat(browser.text("#logout")).as("the button of a page without a session").isEmpty();

    open(view);
    browser.awaitText("form", "Token of the admin port");
    assertThat(accessibility.violations(browser)).isEmpty();
    logIn("not-" + TOKEN);
    browser.awaitText("[role=alert]", "This is not the token.");
    assertThat(accessibility.violations(browser)).as("with the message").isEmpty();
    logIn(TOKEN);
    browser.awaitText("h1", "GET /behind-the-login");
    assertThat(browser.address()).endsWith("/" + view);

    browser.click("#logout");
    browser.awaitText("form", "Token of the admin port");
    open("#/now");
    browser.awaitText("form", "Token of the admin port");
    browser.leave();
    assertThat(browser.complaints())
        .as("of the wrong token, and of requests after the logout")
        .allMatch(each -> each.contains("401"));
  }

  /** Sends a request and returns the address of its view, {@code #/requests/ID}. */
  private String viewOfARequest(String path) {
    relay.get(clientAgent, path);
    load("#/requests?text=" + path);
    browser.click(ROWS + " a");
    browser.awaitText("h1", "GET " + path);
    String address = browser.address();
    return address.substring(address.indexOf('#'));
  }

  private void open(String view) {
    browser.load(HOST, broker.port("admin_listening"), view);
  }

  private void logIn(String token) {
    browser.type("#token", token);
    browser.click("form button");
  }
}
