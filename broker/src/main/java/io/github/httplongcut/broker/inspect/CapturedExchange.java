package io.github.httplongcut.broker.inspect;

import io.github.httplongcut.protocol.Request;
import java.util.Optional;

/**
 * Captured request with its response. Immutable.
 *
 * @param response empty while there is none
 */
record CapturedExchange(CapturedRequest request, Optional<CapturedResponse> response) {

  /** Bytes of the objects of an exchange, its entry in the store included. */
  private static final int OVERHEAD = 512;

  /** A request. The URL may be masked. */
  record CapturedRequest(String target, String method, String url, CapturedMessage message) {

    /** Returns the request as it was. Must be neither masked nor truncated. */
    Request original() {
      return new Request(target, method, url, message.toHeaders(), message.body().kept());
    }

    boolean isRepeatable() {
      return Request.isRepeatable(method);
    }
  }

  /** A response of the upstream server. */
  record CapturedResponse(int status, CapturedMessage message) {}

  CapturedExchange answeredBy(CapturedResponse answer) {
    return new CapturedExchange(request, Optional.of(answer));
  }

  /** Returns the approximate memory in bytes; not less than it takes. */
  long footprint() {
    return OVERHEAD
        + 2L * (request.target.length() + request.method.length() + request.url.length())
        + request.message.footprint()
        + response.map(it -> it.message.footprint()).orElse(0L);
  }
}
