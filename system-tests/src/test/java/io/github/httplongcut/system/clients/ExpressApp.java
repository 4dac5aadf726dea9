package io.github.httplongcut.system.clients;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/** {@code app.mjs}, an Express app, in a process of its own on a port that it chose. */
final class ExpressApp implements AutoCloseable {

  private static final String READY = "ready: ";

  private final JsonLines process;
  private final URI url;

  ExpressApp(Path logs) {
    // Says what an app says in production: no stack traces in answers.
    List<String> command =
        List.of(
            "env", "NODE_ENV=production", ExternalTool.NODE.path(), NodePackages.script("app.mjs"));
    process = JsonLines.start(command, logs.resolve("express.log"));
    String line = process.firstLine();
    if (!line.startsWith(READY)) {
      throw new IllegalStateException("it says " + line);
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
