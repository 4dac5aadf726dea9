package io.github.httplongcut.client;

import io.github.httplongcut.http.HeaderRules;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Response;
import java.util.UUID;

/** Decides which header fields the answers to callers have. Thread-safe. */
final class AnswerFields {

  private static final String RECEIVED_PROTOCOL = "1.1"; // upstream agents speak nothing else

  private final String pseudonym;
  private final HttpDate date;

  /**
   * @param pseudonym name of this process in {@code Via}
   * @param date for answers without a {@code Date}
   */
  AnswerFields(String pseudonym, HttpDate date) {
    this.pseudonym = pseudonym;
    this.date = date;
  }

  /** Returns an upstream server's response with the fields that pass, and with {@code Via}. */
  Response relayed(Response response) {
    return with(
        response,
        HeaderRules.withVia(
            HeaderRules.endToEnd(response.headers()), RECEIVED_PROTOCOL, pseudonym));
  }

  /**
   * Returns the response with the fields that every answer has: {@code Date} and {@code
   * Longcut-Request-Id}.
   *
   * @param response without {@code Longcut-*} of an upstream server
   * @param firstId the request's first {@code client_req_id}
   */
  Response complete(Response response, UUID firstId) {
    return with(
        response,
        HeaderRules.withDate(response.headers(), date.now())
            .plus(HeaderRules.LONGCUT_REQUEST_ID, firstId.toString()));
  }

  private static Response with(Response response, Headers headers) {
    return new Response(response.statusCode(), headers, response.body());
  }
}
