package io.github.httplongcut.cli.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.config.Secret;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdminClientTest {

  private final StubServer process = new StubServer();
  private final AdminClient pages =
      AdminClient.at(
          process.url(),
          "--broker",
          Duration.ofSeconds(20),
          Optional.of(new Secret("token-of-the-test")));

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
  void eachRequestHasTheToken() {
    process.answer("/api/status", 200, "{}").answer("/metrics", 200, "x 1\n");

    pages.json("/api/status");
    pages.end("/metrics", 100);

    assertThat(process.requests())
        .containsExactly(
            "GET /api/status Bearer token-of-the-test ", "GET /metrics Bearer token-of-the-test ");
  }

  @Test
  void noRedirectIsFollowedWithTheToken() {
    process.answer("/api/status", 302, "").answer("/elsewhere", 200, "{}");

    assertThatThrownBy(() -> pages.json("/api/status"))
        .hasMessageContaining("answers 302 to /api/status")
        .hasMessageNotContaining("token-of-the-test");
    assertThat(process.requests()).hasSize(1);
  }

  @Test
  void missingTokenLeadsToTheOption() {
    process.answer("/api/status", 401, "{\"error\":\"no_token\",\"detail\":\"send it\"}");

    assertThatThrownBy(() -> pages.json("/api/status"))
        .hasMessage(
            process.url()
                + " answers 401 to /api/status: send it; name the file with the process's token:"
                + " --admin-token-file (LONGCUT_ADMIN_TOKEN_FILE)");
  }

  @Test
  void textPageIsReturnedAsItIs() {
    process.answer("/metrics", 200, "# HELP x\nx 1\n").answer("/readyz", 503, "starting");

    assertThat(pages.text("/metrics")).isEqualTo("# HELP x\nx 1\n");
    assertThat(pages.isReady()).isFalse();
  }
}
