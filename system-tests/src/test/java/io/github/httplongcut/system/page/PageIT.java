package io.github.httplongcut.system.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import io.github.httplongcut.system.relay.Relay;
import io.github.httplongcut.system.relay.RoleProcess;
import io.github.httplongcut.system.relay.TestUpstream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.Keys;

/**
 * The broker's page in Chromium, on a relay with two brokers. No case may leave an error on the
 * console.
 */
@ExtendWith(RabbitMqExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
@Tag("any-rabbitmq")
class PageIT {

  private static final Path LOGS = Path.of("target", "page");
  private static final Path PICTURES = Path.of("target", "page-pictures");

  private static final String ROWS = ".requests tbody tr";

  private static final String SEND_AGAIN = ".replay > .toolbar button";

  /** Nothing listens on this port. */
  private static final URI UNREACHABLE = URI.create("http://127.0.0.1:1");

  /** Requests that the list of a broker holds at most. */
  private static final int FULL_LIST = 1000;

  private final TestUpstream echo = new TestUpstream();
  private final CheckedUpstream checked = new CheckedUpstream();
  private final Relay relay;
  private final RoleProcess broker;
  private final RoleProcess clientAgent;
  private final PageBrowser browser;
  private final Accessibility accessibility = new Accessibility();

  PageIT(RabbitMq rabbitMq) {
    rabbitMq.purge();
    relay =
        new Relay(rabbitMq::amqpUri, "PageIT")
            .with("broker.inspect.capture", "true")
            .with("broker.inspect.replay", "true");
    relay.upstreamAgent(echo.url());
    clientAgent = relay.clientAgent();
    broker = relay.broker();
    relay.awaitReady();
    browser = new PageBrowser(LOGS);
    browser.show(1280, false);
  }

  @AfterAll
  void end() {
    browser.close();
    relay.close();
    checked.close();
    echo.close();
  }

  @AfterEach
  void consoleHasNoErrors() {
    assertThat(browser.complaints()).isEmpty();
  }

  private void load(String view) {
    browser.load(broker.port("admin_listening"), view);
    browser.awaitText("#live", "Live");
  }

  /** First: with one broker, so that it gets every request. */
  @Test
  @Order(1)
  void requestShowsItsTimeline() {
    relay.get(clientAgent, "/slow/timeline");
    load("#/requests?text=timeline");

    browser.click(ROWS + " a");

    browser.awaitText("h1", "GET /slow/timeline");
    assertThat(browser.text(".verdict")).contains("200", "It ran: the upstream server answered.");
    assertThat(browser.texts(".timeline .label"))
        .containsSubsequence("Received")
        .anyMatch(label -> label.startsWith("Dispatched #1 to upstream-agent-"))
        .anyMatch(label -> label.startsWith("Acked, running at upstream-agent-"))
        .endsWith("Answered with 200");
    assertThat(browser.texts(".timeline .ms")).allMatch(ms -> ms.matches("(at )?[\\d,]+\\.\\d ms"));
    assertThat(browser.value("document.activeElement.tagName"))
        .as("the heading has the focus")
        .isEqualTo("H1");
  }

  @Test
  @Order(1)
  void filtersSelectRequests() {
    List.of("/filter/alpha", "/filter/beta").forEach(path -> relay.get(clientAgent, path));
    relay.post(clientAgent, "/filter/gamma", "x");
    load("#/requests");
    browser.awaitText("tbody", "/filter/gamma");

    browser.type("#f-text", "filter/b");

    awaitRows("/filter/beta");
    assertThat(browser.address()).contains("text=filter%2Fb");
    load("#/requests?text=filter&status=2xx&target=echo");
    awaitRows("/filter/gamma", "/filter/beta", "/filter/alpha");
    load("#/requests?text=filter&status=5xx");
    browser.awaitText("tbody", "No request fulfils all conditions.");
  }

  @Test
  @Order(1)
  void listGrowsUntilItIsPaused() {
    load("#/requests?text=live-");
    relay.get(clientAgent, "/live-1");
    awaitRows("/live-1");

    browser.click(".toolbar > button.small");
    relay.get(clientAgent, "/live-2");

    browser.awaitText(".toolbar + .hint", "Paused. 1 new request.");
    assertThat(announced()).as("the number is not announced").isEqualTo("The list is paused");
    assertThat(browser.texts("main [role=status]")).isEmpty();
    assertThat(browser.texts(ROWS)).hasSize(1);
    browser.click(".toolbar > button.small");
    awaitRows("/live-2", "/live-1");
  }

  private void awaitRows(String... paths) {
    await("rows " + List.of(paths))
        .atMost(PageBrowser.PATIENCE)
        .untilAsserted(
            () ->
                assertThat(browser.texts(ROWS + " th a"))
                    .extracting(text -> text.substring(text.indexOf(' ') + 1))
                    .containsExactly(paths));
  }

  @Test
  @Order(1)
  void getIsSentAgainAtOnce() {
    relay.get(clientAgent, "/again/get?secret=1");
    load("#/requests?text=again/get");
    browser.click(ROWS + " a");

    browser.click(".replay button.primary");

    browser.awaitText(".answer", "It ran");
    assertThat(browser.text(".answer")).contains("Status 200", "GET /again/get?secret=•••");
    assertThat(runs("GET /again/get?secret=1")).isEqualTo(2);
  }

  @Test
  @Order(1)
  void pageAsksBeforeItSendsAPostAgain() {
    relay.post(clientAgent, "/again/post", "the-body");
    load("#/requests?text=again/post");
    browser.click(ROWS + " a");

    browser.click(".replay .toolbar button.primary");
    browser.awaitText("dialog", "POST is not repeatable");
    browser.click("dialog button:not(.primary)");
    assertThat(runs("POST /again/post")).isEqualTo(1);
    browser.click(".replay .toolbar button.primary");
    browser.click("dialog button.primary");

    browser.awaitText(".answer", "POST /again/post the-body");
    assertThat(runs("POST /again/post")).isEqualTo(2);
  }

  private long runs(String start) {
    return echo.runs().stream().filter(run -> run.startsWith(start)).count();
  }

  @Test
  @Order(1)
  void hostileTextStaysText() throws IOException {
    String element = "<img/src=x/onerror=alert(1)>";
    sendHostile(element);
    load("#/requests?text=onerror");
    browser.awaitText(ROWS, "POST /" + element);
    assertThat(browser.number("document.images.length")).isZero();

    browser.click(ROWS + " th a");

    browser.awaitText("h1", "POST /" + element);
    assertThat(browser.texts(".fields td")).contains("header " + element);
    assertThat(browser.texts("pre.code-block")).contains("body " + element);
    assertThat(browser.texts("pre[aria-label='curl command']"))
        .singleElement(STRING)
        .contains("body " + element);
    assertThat(browser.number("document.images.length")).isZero();
  }

  /** Sends a text in path, header and body. Java's HTTP client refuses such a path. */
  private void sendHostile(String text) throws IOException {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), clientAgent.port("http_listening"))) {
      String body = "body " + text;
      String request =
          "POST /%s HTTP/1.1\r\nHost: x\r\nX-Note: header %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
              .formatted(text, text, body.length(), body);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      socket.getInputStream().readAllBytes();
    }
  }

  /** One of two agents cannot reach its server, so the other one gets the request. */
  @Test
  @Order(1)
  void secondAttemptIsOnTheTimeline() {
    RoleProcess good = relay.upstreamAgent(Map.of("twice", echo.url()));
    RoleProcess caller = relay.clientAgent("twice");
    relay.awaitReady();
    await("the good agent")
        .atMost(PageBrowser.PATIENCE)
        .until(() -> relay.get(caller, "/first").statusCode() == 200);
    RoleProcess bad = relay.upstreamAgent(Map.of("twice", UNREACHABLE));
    load("#/requests?text=/twice");
    await("a request for which the broker chooses the bad agent first")
        .atMost(PageBrowser.PATIENCE)
        .until(
            () -> {
              assertThat(relay.get(caller, "/twice").statusCode()).isEqualTo(200);
              return !browser.texts(ROWS + " .tag").isEmpty();
            });

    browser.click(ROWS + ":has(.tag) th a");

    browser.awaitText("h1", "GET /twice");
    assertThat(browser.texts(".timeline .label"))
        .startsWith("Received")
        .containsSubsequence("Dispatched #1 to " + bad.name(), "Dispatched #2 to " + good.name())
        .endsWith("Answered with 200");
    assertThat(browser.texts(".timeline .note")).anyMatch(note -> note.contains("unreachable"));
    assertThat(browser.text(".verdict")).contains("It ran: the upstream server answered.");
    caller.kill();
  }

  @Test
  @Order(1)
  void keyboardReachesEverything() {
    relay.post(clientAgent, "/keys/post", "the-body");
    load("#/requests?text=keys/post");
    awaitRows("/keys/post");

    browser.press(Keys.TAB);
    assertThat(browser.hasFocus(".skip")).as("the first Tab leads to the skip link").isTrue();
    browser.press(Keys.ENTER);
    assertThat(browser.hasFocus("main")).as("the skip link leads to the content").isTrue();
    browser.tabTo(ROWS + " th a");
    browser.press(Keys.ENTER);
    browser.awaitText("h1", "POST /keys/post");
    assertThat(browser.hasFocus("h1")).as("the heading of a new view has the focus").isTrue();
    browser.tabTo(SEND_AGAIN);
    browser.press(Keys.ENTER);
    browser.awaitText("dialog[open]", "POST is not repeatable");
    browser.press(Keys.ESCAPE);
    browser.awaitNoText("dialog[open]", "");
    assertThat(browser.hasFocus(SEND_AGAIN)).as("the dialog gives the focus back").isTrue();
    assertThat(runs("POST /keys/post")).isEqualTo(1);
    browser.press(Keys.ENTER);
    browser.tabTo("dialog[open] .primary");
    browser.press(Keys.ENTER);

    browser.awaitText(".answer", "POST /keys/post the-body");
    assertThat(browser.hasFocus(SEND_AGAIN)).as("sending keeps the focus").isTrue();
  }

  @Test
  @Order(1)
  void selectsFilterTheList() {
    RoleProcess other = relay.clientAgent("nobody").awaitReady();
    relay.get(clientAgent, "/selects/found");
    assertThat(relay.get(other, "/selects/lost").statusCode()).isEqualTo(503);
    other.kill();
    load("#/requests?text=selects");
    awaitRows("/selects/lost", "/selects/found");

    browser.choose("#f-target", "nobody");
    awaitRows("/selects/lost");
    assertThat(browser.address()).endsWith("#/requests?target=nobody&text=selects");
    browser.choose("#f-target", "");
    awaitRows("/selects/lost", "/selects/found");
    browser.choose("#f-status", "200");
    awaitRows("/selects/found");
    assertThat(browser.address()).endsWith("#/requests?status=200&text=selects");
    browser.choose("#f-status", "5xx");
    awaitRows("/selects/lost");
  }

  @Test
  @Order(1)
  void forgottenRequestIsNotInFlightForEver() {
    relay.get(clientAgent, "/forgotten");
    load("#/requests?text=/forgotten");
    browser.run(FetchStubs.FORGETS_REQUESTS);

    browser.click(ROWS + " th a");

    browser.awaitText(".problem", "This broker no longer knows the request");
    assertThat(browser.text(".verdict")).contains("unknown", "It may have run");
    assertThat(browser.texts(".timeline .note"))
        .anyMatch(note -> note.contains("its end is unknown"))
        .noneMatch(note -> note.contains("not over yet"));
  }

  @Test
  @Order(1)
  void busyBrokerIsAskedAgain() {
    relay.get(clientAgent, "/busy");
    load("#/requests?text=/busy");
    browser.run(FetchStubs.IS_BUSY);

    browser.click(ROWS + " th a");

    browser.awaitText(".lead", "The account could not be loaded: try again.");
    assertThat(browser.text("h1")).startsWith("Request ");
    browser.run("window.recover()");
    browser.awaitText("h1", "GET /busy");
  }

  @Test
  @Order(1)
  void answerOfAReplayIsNotAnnouncedInAnotherView() {
    relay.get(clientAgent, "/left");
    load("#/requests?text=/left");
    browser.click(ROWS + " th a");
    browser.awaitText("h1", "GET /left");
    browser.run(FetchStubs.HOLDS_POLLS);
    browser.click(SEND_AGAIN);
    await("a poll").atMost(PageBrowser.PATIENCE).until(() -> browser.number("heldPolls") > 0);

    browser.click("nav a[data-view=flow]");
    browser.awaitText("h1", "Who sends to whom");
    browser.run("window.answerPolls()");

    await("no announcement")
        .during(Duration.ofSeconds(2))
        .atMost(PageBrowser.PATIENCE)
        .until(() -> !announced().contains("The answer is here"));
  }

  private String announced() {
    return browser.value("document.getElementById('announcements').textContent");
  }

  @Test
  @Order(2)
  void agentsAppearAndVanish() {
    load("#/now");
    RoleProcess agent = relay.upstreamAgent(Map.of("coming", echo.url()));

    browser.awaitText("[data-target=coming]", "well");
    browser.awaitText("main", agent.name());
    browser.click("[data-target=coming] a");
    browser.awaitText("h1", "coming");
    assertThat(browser.texts("tbody th")).anyMatch(name -> name.contains(agent.name()));
    agent.kill();
    browser.awaitText("h1", "no agent");
    browser.awaitText(".lead", "no upstream agent since");
    browser.awaitNoText("tbody th", agent.name());
  }

  @Test
  @Order(2)
  void sentenceOfTargetNamesTheCause() {
    relay
        .with("upstream-agent.target-defaults.health-check.path", CheckedUpstream.HEALTH)
        .with("upstream-agent.target-defaults.health-check.interval", "500ms")
        .upstreamAgent(Map.of("checked", checked.url()));
    load("#/now");
    browser.awaitText("[data-target=checked]", "well");

    checked.answerChecksWith(500);

    browser.awaitText("[data-target=checked]", "no agent");
    browser.awaitText("[data-target=checked] + .why", "health check");
    assertThat(browser.text("[data-target=checked] + .why")).contains("500");
    assertThat(browser.text("h1")).contains("checked has no agent");
    checked.answerChecksWith(200);
    browser.awaitText("[data-target=checked]", "well");
  }

  @Test
  @Order(3)
  void onePageShowsAllBrokers() {
    RoleProcess second = relay.broker();
    relay.awaitReady();
    load("#/now");

    browser.awaitText("[data-broker*=" + broker.name() + "]", "this page");
    browser.awaitText("[data-broker*=" + second.name() + "]", "well");
    browser.load(second.port("admin_listening"), "#/now");
    browser.awaitText("[data-broker*=" + second.name() + "]", "this page");
    browser.awaitText("[data-broker*=" + broker.name() + "]", "well");
    load("#/now");
    second.kill();
    browser.awaitText("[data-broker*=" + second.name() + "]", "silent");
    browser.awaitText("h1", "silent");
  }

  @ParameterizedTest
  @CsvSource({"1280,false", "1280,true", "390,false", "390,true"})
  @Order(4)
  void viewsAreAccessible(int width, boolean dark) {
    relay.post(clientAgent, "/pictures/1", "{\"item\":\"book\",\"quantity\":2}");
    browser.show(width, dark);
    try {
      load("#/requests?text=pictures");
      check("requests", ROWS, width, dark);
      browser.click(ROWS + " a");
      browser.awaitText("h1", "/pictures/1");
      check("request", ".timeline", width, dark);
      load("#/now");
      check("now", "[data-target]", width, dark);
      load("#/targets/echo");
      check("target", ".facts", width, dark);
      load("#/flow");
      check("flow", ".box", width, dark);
    } finally {
      browser.show(1280, false);
    }
  }

  private void check(String view, String shown, int width, boolean dark) {
    String name = view + "-" + width + "-" + (dark ? "dark" : "light");
    await(name).atMost(PageBrowser.PATIENCE).until(() -> !browser.texts(shown).isEmpty());
    browser.picture(PICTURES.resolve(name + ".png"));
    assertThat(accessibility.violations(browser)).as(name).isEmpty();
    assertThat(browser.number("document.documentElement.scrollWidth"))
        .as(name + ": the page does not scroll sideways")
        .isLessThanOrEqualTo(width);
  }

  /** Prints the times to the first paint of the rows and of all rows; the aim is 300 ms. */
  @Test
  @Order(5)
  void thousandRequestsAreListed() {
    IntStream.range(0, FULL_LIST).forEach(i -> relay.get(clientAgent, "/many/" + i));
    load("#/requests");

    await("all rows")
        .atMost(PageBrowser.PATIENCE)
        .until(() -> browser.texts(ROWS).size() == FULL_LIST);
    System.out.println("page: milliseconds to the rows of the first window: " + paint("paint"));
    System.out.println("page: milliseconds to all rows: " + paint("all"));
  }

  private long paint(String mark) {
    return browser.number(
        "performance.getEntriesByName('longcut-requests-%s')[0].startTime".formatted(mark));
  }

  /** A broker that is suspended accepts connections, and never answers. */
  @Test
  @Order(6)
  void suspendedBrokerIsLostUntilItRunsAgain() {
    load("#/requests?text=/thawed");
    broker.freeze();
    try {
      browser.awaitText("#banner", "Not connected: the broker does not answer.");
      assertThat(browser.text("#live")).isEqualTo("Not connected");
      assertThat(browser.text("#banner")).containsAnyOf("Next attempt in", "Trying again");
    } finally {
      broker.thaw();
    }

    browser.awaitText("#live", "Live");
    assertThat(browser.value("document.documentElement.className")).isEmpty();
    assertThat(browser.text("#banner")).isEmpty();
    relay.get(clientAgent, "/thawed");
    awaitRows("/thawed");
  }

  /** Last, since the broker dies. */
  @Test
  @Order(7)
  void lostBrokerIsNamedAndOldDataIsGrey() {
    load("#/now");
    broker.kill();

    browser.awaitText("#banner", "Not connected: the broker does not answer.");
    assertThat(browser.text("#banner")).contains("What you see is from");
    assertThat(browser.value("document.documentElement.className")).isEqualTo("stale");
    assertThat(browser.complaints()).allMatch(each -> each.contains("net::ERR_"));
  }
}
