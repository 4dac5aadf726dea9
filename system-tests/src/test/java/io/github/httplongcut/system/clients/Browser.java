package io.github.httplongcut.system.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/** Headless Chromium, driven by {@code browser.mjs}; a new profile for each story. */
final class Browser implements AutoCloseable {

  private final JsonLines script;

  /**
   * @throws IllegalStateException if it does not start, with what it said
   */
  Browser(Path logs) {
    List<String> command =
        List.of(
            ExternalTool.NODE.path(),
            NodePackages.script("browser.mjs"),
            ExternalTool.CHROMIUM.path());
    script = JsonLines.start(command, logs.resolve("browser.log"));
    script.firstLine();
  }

  /**
   * Runs a story and checks what came of it.
   *
   * @param elsewhere another origin with nginx's pages
   * @return what its user saw, as text that is the same for each way to the server
   */
  String run(BrowserStory story, Origin origin, URI elsewhere) {
    JsonNode told =
        script.ask(
            JsonNodeFactory.instance
                .objectNode()
                .put("url", origin.url().toString())
                .put("elsewhere", elsewhere.toString())
                .put("story", story.script()));
    JsonNode seen = told.get("seen");
    story.expected().accept(seen);
    assertThat(told.get("relayed").toString())
        .as("whether the relay says that it passed the answers on")
        .isEqualTo("[" + origin.relayed() + "]");
    return origin.maskIn(seen.toPrettyString());
  }

  @Override
  public void close() {
    script.close();
  }
}
