package io.github.httplongcut.system.page;

import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Checks a page with axe-core. */
final class Accessibility {

  private static final String DIRECTORY = "system-tests/src/test/node/page";

  private static final String RUN =
      """
      const done = arguments[arguments.length - 1];
      axe.run(document, {resultTypes: ['violations']}).then(
          (found) => done(found.violations
              .filter((each) => each.impact === 'serious' || each.impact === 'critical')
              .map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(' ')}`)),
          (error) => done([String(error)]));
      """;

  private final String axe;

  /**
   * Reads axe-core.
   *
   * @throws IllegalStateException if it is not installed; the message tells how to install it
   */
  Accessibility() {
    Path script = Checkout.root().resolve(DIRECTORY + "/node_modules/axe-core/axe.min.js");
    try {
      axe = Files.readString(script);
    } catch (NoSuchFileException e) {
      throw new IllegalStateException(
          "the npm packages of %1$s are missing: run ./longcut test, which installs them, or (cd %1$s && npm ci --ignore-scripts)"
              .formatted(DIRECTORY),
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the serious and critical violations on the current page. */
  List<String> violations(PageBrowser browser) {
    browser.run(axe);
    return browser.later(RUN);
  }
}
