package io.github.httplongcut.system.clients;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/** The Express app {@code app.mjs} in a process of its own, on a free port. */
final class ExpressApp implements AutoCloseable {

  private static final String READY = "ready: ";

  private final JsonLines process;
  private final URI url;

  ExpressApp(Path logs) {
    // As in production: no stack traces in responses.
    List<String> command =
        List.of(
            "env", "NODE_ENV=production", ExternalTool.NODE.path(), NodePackages.script("app.mjs"));
    process = JsonLines.start(command, logs.resolve("express.log"));
    String line = process.firstLine();
    if (!line.startsWith(READY)) {
      throw new IllegalStateException(
          "app.mjs printed \"" + line + "\" instead of \"" + READY + "URL\"");
    }
    url = URI.create(line.substring(READY.length()));
  }

  URI url() {
    return url;
  }

  @Override
  public void close() {
    process.close();
  }
}
