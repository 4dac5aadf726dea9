package io.github.httplongcut.system.clients;

import io.github.httplongcut.system.rabbitmq.Checkout;
import java.nio.file.Files;
import java.nio.file.Path;

/** The scripts for Node, beside the packages from npm that they use. */
final class NodePackages {

  private static final String DIRECTORY = "system-tests/src/test/node/clients";

  private NodePackages() {}

  /**
   * The path of a script whose packages are there.
   *
   * @throws IllegalStateException if they are not, with what to do
   */
  static String script(String name) {
    Path script = Checkout.file(DIRECTORY + "/" + name);
    if (!Files.isDirectory(script.resolveSibling("node_modules/express"))) {
      throw new IllegalStateException(
          "the packages of %1$s are missing: run ./longcut test, which installs them, or (cd %1$s && npm ci --ignore-scripts)"
              .formatted(DIRECTORY));
    }
    return script.toString();
  }
}
