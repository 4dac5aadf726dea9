package io.github.httplongcut.system.clients;

import io.github.httplongcut.testkit.Checkout;
import java.nio.file.Files;
import java.nio.file.Path;

/** The Node scripts and the npm packages that they need. */
final class NodePackages {

  private static final String DIRECTORY = "system-tests/src/test/node/clients";

  private NodePackages() {}

  /**
   * The path of a script.
   *
   * @throws IllegalStateException if the npm packages are not installed; the message tells how to
   *     install them
   */
  static String script(String name) {
    Path script = Checkout.file(DIRECTORY + "/" + name);
    if (!Files.isDirectory(script.resolveSibling("node_modules/express"))) {
      throw new IllegalStateException(
          "the npm packages of %1$s are missing: run ./longcut test, which installs them, or (cd %1$s && npm ci --ignore-scripts)"
              .formatted(DIRECTORY));
    }
    return script.toString();
  }
}
