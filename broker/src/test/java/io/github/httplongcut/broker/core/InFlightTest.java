package io.github.httplongcut.broker.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class InFlightTest {

  @Test
  void sizeIsThatOfUrlHeadersAndBody() {
    Headers headers = Headers.builder().add("A", "123").build();

    assertThat(requestWith(headers, Body.ofText("12345")).size())
        .isEqualTo("/1".length() + headers.footprint() + 5);
  }

  /** Short header fields take up some forty times the memory of their characters. */
  @Test
  void headerFieldsCountMoreThanTheirCharacters() {
    Headers.Builder headers = Headers.builder();
    for (int i = 0; i < 1_000; i++) {
      headers.add("" + (char) ('a' + i % 26) + i, "");
    }

    assertThat(requestWith(headers.build(), Body.ABSENT).size()).isGreaterThan(1_000 * 2 * 64);
  }

  private static InFlight requestWith(Headers headers, Body body) {
    ClientRequest event =
        new ClientRequest(
            ProcessId.create("acme", "c1"),
            UUID.randomUUID(),
            1_000,
            new Request("orders", "GET", "/1", headers, body));
    return new InFlight(event, new Receipt() {}, 1, 0, UUID.randomUUID());
  }
}
