package io.github.httplongcut.system.page;

import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.clients.ExternalTool;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Headless Chromium with the broker's page. */
final class PageBrowser implements AutoCloseable {

  /** Longest time until the page shows a change of the relay. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** More than a view has elements that take the focus. */
  private static final int MAX_TABS = 40;

  /** Height of the largest picture. */
  private static final long MAX_HEIGHT = 4_000;

  private static final String READ_CLIPBOARD =
      """
      const done = arguments[arguments.length - 1];
      navigator.clipboard.readText().then((text) => done([text]), (error) => done([String(error)]));
      """;

  private final ChromeDriver driver;

  /** Starts the browser. */
  PageBrowser(Path logs) {
    ChromeOptions options = new ChromeOptions();
    options.setBinary(ExternalTool.CHROMIUM.path());
    options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage");
    LoggingPreferences logging = new LoggingPreferences();
    logging.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logging);
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(new File(ExternalTool.CHROMEDRIVER.path()))
            .usingAnyFreePort()
            .withLogFile(created(logs).resolve("chromedriver.log").toFile())
            .build();
    driver = new ChromeDriver(service, options);
    driver.manage().timeouts().scriptTimeout(PATIENCE);
  }

  private static Path created(Path directory) {
    try {
      return Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Loads a view of the page of a broker's admin port, without anything from before. */
  void load(int port, String view) {
    load("127.0.0.1", port, view);
  }

  /** Loads a view by a name of this host. */
  void load(String host, int port, String view) {
    leave();
    driver.get("http://" + host + ":" + port + "/" + view);
  }

  /** Leaves the page, which then does nothing any more. */
  void leave() {
    driver.get("about:blank");
  }

  /** Shows pages in this size, and in light or dark colours. */
  void show(int width, boolean dark) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", false));
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
  }

  /** Returns the current address. */
  String address() {
    return driver.getCurrentUrl();
  }

  /** Returns the visible text of the first element; empty if there is none. */
  String text(String selector) {
    try {
      return driver.findElement(By.cssSelector(selector)).getText();
    } catch (NoSuchElementException | StaleElementReferenceException e) {
      return "";
    }
  }

  /** Returns the visible texts of all elements. */
  List<String> texts(String selector) {
    return textsOf(
        driver.executeScript(
            "return [...document.querySelectorAll(arguments[0])].map((each) => each.innerText)",
            selector));
  }

  /** Waits until the first element contains a text. */
  void awaitText(String selector, String text) {
    await(selector + " with '" + text + "'")
        .atMost(PATIENCE)
        .until(() -> text(selector), found -> found.contains(text));
  }

  /** Waits until no element contains a text. */
  void awaitNoText(String selector, String text) {
    await(selector + " without '" + text + "'")
        .atMost(PATIENCE)
        .until(
            () -> texts(selector), found -> found.stream().noneMatch(each -> each.contains(text)));
  }

  /** Waits for an element and clicks it. */
  void click(String selector) {
    await("click on " + selector)
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(
            () -> {
              driver.findElement(By.cssSelector(selector)).click();
              return true;
            });
  }

  /** Types a text into an input. */
  void type(String selector, String text) {
    WebElement input = driver.findElement(By.cssSelector(selector));
    input.clear();
    input.sendKeys(text);
  }

  /** Chooses the option with this value. */
  void choose(String select, String value) {
    click(select + " option[value='" + value + "']");
  }

  /** Presses a key. The element with the focus gets it. */
  void press(Keys key) {
    new Actions(driver).sendKeys(key).perform();
  }

  /** Presses Tab until the focus is on an element that matches. */
  void tabTo(String selector) {
    for (int i = 0; i < MAX_TABS && !hasFocus(selector); i++) {
      press(Keys.TAB);
    }
    if (!hasFocus(selector)) {
      throw new AssertionError("no Tab leads to " + selector);
    }
  }

  /** Returns whether the element with the focus matches. */
  boolean hasFocus(String selector) {
    return (Boolean)
        driver.executeScript("return document.activeElement.matches(arguments[0])", selector);
  }

  /** Runs a script. */
  void run(String script) {
    driver.executeScript(script);
  }

  /** Returns the value of an expression of JavaScript as text. */
  String value(String expression) {
    return String.valueOf(driver.executeScript("return " + expression));
  }

  /** Returns the value of a numeric expression of JavaScript. */
  long number(String expression) {
    return ((Number) driver.executeScript("return " + expression)).longValue();
  }

  /** Returns the list that a script passes to its last argument, a function. */
  List<String> later(String script) {
    return textsOf(driver.executeAsyncScript(script));
  }

  private static List<String> textsOf(Object list) {
    return ((List<?>) list).stream().map(String::valueOf).toList();
  }

  /** Returns the text in the clipboard, or why the browser does not allow reading it. */
  String clipboard() {
    driver.setPermission("clipboard-read", "granted");
    return later(READ_CLIPBOARD).get(0);
  }

  /** Returns the errors and warnings on the console since the last call. */
  List<String> complaints() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(LogEntry::getMessage)
        .toList();
  }

  /** Saves a picture of the whole page. */
  void picture(Path file) {
    long height = Math.min(number("document.documentElement.scrollHeight"), MAX_HEIGHT);
    Map<String, Object> clip =
        Map.of("x", 0, "y", 0, "width", number("innerWidth"), "height", height, "scale", 1);
    Object data =
        driver
            .executeCdpCommand(
                "Page.captureScreenshot", Map.of("captureBeyondViewport", true, "clip", clip))
            .get("data");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.write(file, OutputType.BYTES.convertFromBase64Png((String) data));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    driver.quit();
  }
}
