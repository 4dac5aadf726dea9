package io.github.httplongcut.client.accesslog;

import io.github.httplongcut.client.accesslog.AccessEntry.Received;
import io.github.httplongcut.client.accesslog.AccessEntry.Relaying;
import io.github.httplongcut.client.accesslog.AccessEntry.Result;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Entries for the tests of the access log. */
final class AccessLogFixture {

  static final Instant TIME = Instant.parse("2026-11-09T18:00:00.020Z");
  static final UUID ID = new UUID(0, 1);
  static final ProcessId BROKER = ProcessId.parse("broker.b-bbbbbb");

  static final Received GET = new Received("GET", "/orders/7", "", "HTTP/1.1", "", "", "");

  static final Relaying RELAYED =
      new Relaying(Optional.of("orders"), List.of(), Optional.of(BROKER));

  static final Result ANSWERED = new Result("answered", 200, 0, 5, 12_345_678);

  private AccessLogFixture() {}

  static AccessEntry entry(Received received) {
    return new AccessEntry(TIME, ID, "192.0.2.7", received, RELAYED, ANSWERED);
  }

  static AccessEntry entry(Relaying relaying, Result result) {
    return new AccessEntry(TIME, ID, "192.0.2.7", GET, relaying, result);
  }

  /** Returns an entry with this text wherever a caller can put one. */
  static AccessEntry hostile(String text) {
    return entry(new Received(text, text, text, text, text, text, text));
  }
}
