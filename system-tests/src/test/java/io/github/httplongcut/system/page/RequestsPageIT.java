package io.github.httplongcut.system.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.relay.RoleProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** The list of requests, one request and its replay, on a relay whose only broker gets them all. */
class RequestsPageIT extends PageFixture {

  private static final String SEND_AGAIN = ".replay > .toolbar button";

  /** Bytes that the broker keeps of a body, by its default settings. */
  private static final int MAX_BODY_BYTES = 64 * 1024;

  /** Nothing listens on this port. */
  private static final URI UNREACHABLE = URI.create("http://127.0.0.1:1");

  RequestsPageIT(RabbitMq rabbitMq) {
    super(rabbitMq);
  }

  @Test
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
  void brokerOfARequestLeadsToTheBrokers() {
    relay.get(clientAgent, "/of-a-broker");
    load("#/requests?text=of-a-broker");
    browser.click(ROWS + " a");

    browser.click(".facts a[title*=" + broker.name() + "]");

    browser.awaitText("[data-broker]", broker.name());
  }

  @Test
  void bodyThatIsNotKeptCompletelySaysSo() {
    relay.post(clientAgent, "/cut", "x".repeat(MAX_BODY_BYTES + 1));
    load("#/requests?text=/cut");
    browser.click(ROWS + " a");

    browser.awaitText(".cutmark", "Truncated here");

    assertThat(browser.texts(".cutmark")).as("the echo is as long").hasSize(2);
    assertThat(browser.texts(".message .hint"))
        .hasSize(2)
        .allMatch(hint -> hint.contains("of which only the beginning is kept"));
  }

  @Test
  void curlCommandIsCopied() {
    relay.post(clientAgent, "/copied", "the-body");
    load("#/requests?text=/copied");
    browser.click(ROWS + " a");

    browser.click(".idline button:last-of-type");

    await("the announcement").atMost(PageBrowser.PATIENCE).until(this::announced, "Copied"::equals);
    assertThat(browser.clipboard())
        .contains("/copied", "the-body")
        .isEqualTo(
            browser.value("document.querySelector(\"[aria-label='curl command']\").textContent"));
  }

  @Test
  void filtersSelectRequests() {
    List.of("/filter/alpha", "/filter/beta").forEach(path -> relay.get(clientAgent, path));
    relay.post(clientAgent, "/filter/gamma", "x");
    load("#/requests");
    browser.awaitText("tbody", "/filter/gamma");

    browser.type("#f-text", "filter/b");

    awaitRows("/filter/beta");
    assertThat(browser.address()).contains("text=filter%2Fb");
    await("the announcement of the result")
        .atMost(PageBrowser.PATIENCE)
        .until(this::announced, "1 request"::equals);
    load("#/requests?text=filter&status=2xx&target=echo");
    awaitRows("/filter/gamma", "/filter/beta", "/filter/alpha");
    load("#/requests?text=filter&status=5xx");
    browser.awaitText("tbody", "No request fulfils all conditions.");
  }

  @Test
  void backLeadsToTheFilteredList() {
    List.of("/back/alpha", "/back/beta").forEach(path -> relay.get(clientAgent, path));
    load("#/requests");
    browser.type("#f-text", "back/a");
    awaitRows("/back/alpha");
    browser.click(ROWS + " a");
    browser.awaitText("h1", "GET /back/alpha");

    browser.run("history.back()");

    awaitRows("/back/alpha");
    assertThat(browser.value("document.querySelector('#f-text').value")).isEqualTo("back/a");
  }

  @Test
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

  @Test
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

  @Test
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
  void forgottenRequestIsNotInFlightForEver() {
    openWithStub("/forgotten", FetchStubs.FORGETS_REQUESTS);

    browser.awaitText(".problem", "This broker no longer knows the request");
    assertThat(browser.text(".verdict")).contains("unknown", "It may have run");
    assertThat(browser.texts(".timeline .note"))
        .anyMatch(note -> note.contains("its end is unknown"))
        .noneMatch(note -> note.contains("not over yet"));
  }

  @Test
  void busyBrokerIsAskedAgain() {
    openWithStub("/busy", FetchStubs.IS_BUSY);

    browser.awaitText(".lead", "The account could not be loaded: try again.");
    assertThat(browser.text("h1")).startsWith("Request ");
    browser.run("window.recover()");
    browser.awaitText("h1", "GET /busy");
  }

  /** Opens a request on a page whose {@code fetch} is replaced. */
  private void openWithStub(String path, String stub) {
    relay.get(clientAgent, path);
    load("#/requests?text=" + path);
    browser.run(stub);
    browser.click(ROWS + " th a");
  }

  @Test
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

  private long runs(String start) {
    return echo.runs().stream().filter(run -> run.startsWith(start)).count();
  }

  private String announced() {
    return browser.value("document.getElementById('announcements').textContent");
  }
}
