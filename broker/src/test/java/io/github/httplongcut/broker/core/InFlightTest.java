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

    assertThat(holding(headers, Body.ofText("12345")).size())
        .isEqualTo("/1".length() + headers.footprint() + 5);
  }

  /** Their characters are a fortieth of the memory that they take up. */
  @Test
  void fieldsCountForMoreThanTheirCharacters() {
    Headers.Builder headers = Headers.builder();
    for (int i = 0; i < 1_000; i++) {
      headers.add("" + (char) ('a' + i % 26) + i, "");
    }

    assertThat(holding(headers.build(), Body.ABSENT).size()).isGreaterThan(1_000 * 2 * 64);
  }

  private static InFlight holding(Headers headers, Body body) {
    ClientRequest event =
        new ClientRequest(
            ProcessId.create("acme", "c1"),
            UUID.randomUUID(),
            1_000,
            new Request("orders", "GET", "/1", headers, body));
    return new InFlight(event, new Receipt() {}, 1, 0, UUID.randomUUID());
  }
}
