package io.github.httplongcut.client.accesslog;

import static io.github.httplongcut.client.accesslog.AccessLogFixture.ANSWERED;
import static io.github.httplongcut.client.accesslog.AccessLogFixture.GET;
import static io.github.httplongcut.client.accesslog.AccessLogFixture.ID;
import static io.github.httplongcut.client.accesslog.AccessLogFixture.TIME;
import static io.github.httplongcut.client.accesslog.AccessLogFixture.entry;
import static io.github.httplongcut.client.accesslog.AccessLogFixture.hostile;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.client.accesslog.AccessEntry.Received;
import io.github.httplongcut.client.accesslog.AccessEntry.Relaying;
import io.github.httplongcut.client.accesslog.AccessEntry.Result;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CombinedEncoderTest {

  /** The combined format, as log readers parse it, and our fields. */
  private static final Pattern LINE =
      Pattern.compile(
          "(\\S+) - - \\[([^]]+)] \"([^\"]*)\" (\\d{3}) (\\d+|-) \"([^\"]*)\" \"([^\"]*)\""
              + " client_req_id=(\\S+) upstream_target=(\\S+) outcome=(\\S+) ms=(\\d+\\.\\d)"
              + " x_request_id=\"([^\"]*)\"(?: publications=(\\S+))?\n");

  @Test
  void lineHasTheCombinedFormatAndThenOurFields() {
    assertThat(encoded(entry(GET)))
        .isEqualTo(
            "192.0.2.7 - - [09/Nov/2026:18:00:00 +0000] \"GET /orders/7 HTTP/1.1\" 200 5"
                + " \"-\" \"-\" client_req_id="
                + ID
                + " upstream_target=orders outcome=answered ms=12.3 x_request_id=\"-\"\n");
  }

  @Test
  void lineHasEveryTextThatIsLogged() {
    Received received =
        new Received("POST", "/a", "b=c", "HTTP/1.0", "http://from/", "curl/8", "shop-7");

    assertThat(encoded(entry(received)))
        .contains("\"POST /a?b=c HTTP/1.0\" 200 5 \"http://from/\" \"curl/8\" ")
        .endsWith(" x_request_id=\"shop-7\"\n");
  }

  @Test
  void laterPublicationsAreListed() {
    Relaying relaying =
        new Relaying(Optional.empty(), List.of(new UUID(0, 2), new UUID(0, 3)), Optional.empty());

    assertThat(encoded(entry(relaying, ANSWERED)))
        .contains(" upstream_target=- ")
        .endsWith(" publications=" + new UUID(0, 2) + "," + new UUID(0, 3) + "\n");
  }

  @Test
  void requestThatCouldNotBeParsedHasNoRequestLine() {
    AccessEntry entry =
        new AccessEntry(
            TIME, ID, "", Received.NOTHING, Relaying.NONE, new Result("bad_request", 400, 0, 0, 0));

    assertThat(encoded(entry))
        .startsWith("- - - [09/Nov/2026:18:00:00 +0000] \"-\" 400 - \"-\" \"-\" ");
  }

  /** nginx writes the same for these bytes. */
  @Test
  void bytesAreEscapedAsByNginx() {
    Received received =
        new Received("GET", "/\"\\\n\r\t\u0000\u001b\u007f\u00e9~", "", "", "", "", "");

    assertThat(encoded(entry(received)))
        .contains("\"GET /\\x22\\x5C\\x0A\\x0D\\x09\\x00\\x1B\\x7F\\xE9~ -\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\" 200 5 \"x",
        "\\\" 200 5 \\\"x",
        "a\n192.0.2.1 - - forged",
        "\u001b[2J\u0007",
        "\u0085\u2028\u202e\ud83d\ude00",
        "] [ ' \\x22"
      })
  void noTextEndsItsFieldOrItsLine(String text) {
    String line = encoded(hostile(text));

    assertThat(line).matches(LINE).matches("[ -~]*\n");
    assertThat(line.substring(0, line.length() - 1)).doesNotContain("\n");
  }

  private static String encoded(AccessEntry entry) {
    return new String(new CombinedEncoder().encode(entry), StandardCharsets.ISO_8859_1);
  }
}
