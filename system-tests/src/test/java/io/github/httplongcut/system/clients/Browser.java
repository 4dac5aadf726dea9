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
   * @throws IllegalStateException if the browser does not start, with its error output
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
   * Runs a story and checks its result.
   *
   * @param elsewhere another origin with nginx's pages
   * @return the result as text with the origin's address removed, so that the direct and the
   *     relayed run are equal
   */
  String run(BrowserStory story, Origin origin, URI elsewhere) {
    JsonNode answer =
        script.call(
            JsonNodeFactory.instance
                .objectNode()
                .put("url", origin.url().toString())
                .put("elsewhere", elsewhere.toString())
                .put("story", story.script()));
    JsonNode seen = answer.get("seen");
    story.expected().accept(seen);
    assertThat(answer.get("relayed").toString())
        .as("responses carry the relay's Via header")
        .isEqualTo("[" + origin.relayed() + "]");
    return origin.maskIn(seen.toPrettyString());
  }

  @Override
  public void close() {
    script.close();
  }
}
