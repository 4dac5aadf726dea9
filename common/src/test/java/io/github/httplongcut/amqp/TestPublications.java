package io.github.httplongcut.amqp;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.Tries;
import java.util.UUID;

/** Publications for each kind of queue. Each has an {@code encoded()} of its own. */
final class TestPublications {

  static final ProcessId SENDER = ProcessId.parse("broker.test-abcdef");

  private static final UUID REQUEST_ID = UUID.fromString("0d6f1a52-7c0e-4a43-9d4f-5a4b1f6f0a01");

  private TestPublications() {}

  /** Returns an event that goes to no tenant and to no shared queue. */
  static Publication hello(String version, long giveUpAt) {
    return Publication.of(new Event.BrokerHello(SENDER, version), "", giveUpAt);
  }

  /**
   * Returns an ack to the inbox of a tenant, of low priority.
   *
   * @param inbox {@code <tenant>.<name>-<6 letters>}
   */
  static Publication ack(String inbox, long giveUpAt) {
    Event ack = new Event.ClientRequestAck(REQUEST_ID, REQUEST_ID, SENDER);
    return Publication.of(ack, inbox, giveUpAt).tried(Tries.UNLESS_NACKED);
  }

  /** Returns a client's request, which goes to a shared queue. */
  static Publication request(String path, long giveUpAt) {
    Request request = new Request("orders", "GET", "/" + path, Headers.EMPTY, Body.ABSENT);
    Event event = new Event.ClientRequest(SENDER, REQUEST_ID, 1000, request);
    return Publication.of(event, "", giveUpAt).tried(Tries.ONCE);
  }

  /** Returns an upstream agent's error, which may reach a shared queue. */
  static Publication error(String message, long giveUpAt) {
    EventError error = new EventError(Failure.NOT_RUN, message, Hop.UPSTREAM_AGENT);
    Event event = new Event.UpstreamError(SENDER, REQUEST_ID, REQUEST_ID, REQUEST_ID, error);
    return Publication.of(event, "", giveUpAt);
  }
}
