package io.github.httplongcut.cli.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.cli.CommandFailedException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdminClientTest {

  private final StubServer process = new StubServer();
  private final AdminClient pages =
      AdminClient.at(process.url(), "--broker", Duration.ofSeconds(20));

  @AfterEach
  void stop() {
    process.close();
  }

  @Test
  void unknownIdIsNoFailure() {
    process.answer("/api/requests/x", 404, "{\"error\":\"unknown_id\",\"detail\":\"gone\"}");

    assertThat(pages.find("/api/requests/x")).isEmpty();
  }

  @Test
  void processWithoutThePageIsAFailure() {
    assertThatThrownBy(() -> pages.find("/api/requests/x"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContainingAll(process.url() + " answers 404 to /api/requests/x", "version");
  }

  @Test
  void refusalShowsTheTextOfTheProcessWithoutControlCharacters() {
    process.answer("/api/status", 403, "only for \033[31mloopback\n");

    assertThatThrownBy(() -> pages.json("/api/status"))
        .hasMessage(process.url() + " answers 403 to /api/status: only for  [31mloopback");
  }

  @Test
  void detailOfAnErrorIsShown() {
    process.answer("/api/status", 503, "{\"error\":\"starting\",\"detail\":\"just started\"}");

    assertThatThrownBy(() -> pages.json("/api/status"))
        .hasMessage(process.url() + " answers 503 to /api/status: just started");
  }

  @Test
  void pageThatIsNotJsonIsAFailure() {
    process.answer("/api/status", 200, "<html>");

    assertThatThrownBy(() -> pages.json("/api/status"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining(process.url() + "/api/status is not JSON");
  }

  @Test
  void textPageIsReturnedAsItIs() {
    process.answer("/metrics", 200, "# HELP x\nx 1\n").answer("/readyz", 503, "starting");

    assertThat(pages.text("/metrics")).isEqualTo("# HELP x\nx 1\n");
    assertThat(pages.isReady()).isFalse();
  }
}
