package io.github.httplongcut.upstream.http;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import java.util.function.Consumer;

/** Sends HTTP requests to upstream servers. All methods may be called from any thread. */
public interface HttpCaller {

  /**
   * Starts a request and returns immediately.
   *
   * @param target the name of the target
   * @param url the complete HTTP request target
   * @param purpose decides whether the call is counted among the requests
   * @param whenDone called once, on a thread of the HTTP client; not called if the call is aborted
   *     first; must not block
   */
  Call call(String target, String url, Request request, Purpose purpose, Consumer<Result> whenDone);

  /** Purpose of a call. */
  enum Purpose {
    /** A caller's request. */
    RELAY,
    /** A health check. */
    HEALTH_CHECK
  }

  /** A started request. */
  interface Call {

    /** Stops the call and closes its connection, unless the call is done. Returns its progress. */
    Progress abort();
  }

  /** The point that a call reached before it was aborted. */
  enum Progress {
    /** No connection was used: the server has certainly not seen the request. */
    NOT_SENT,
    /** The request was handed to a connection: the server may have run it. */
    SENT
  }

  /** The result of a call. */
  sealed interface Result {

    /** The server's complete response. */
    record Answered(Response response) implements Result {}

    /**
     * A call without a complete response.
     *
     * @param message one sentence for the caller or operator, without secrets
     */
    record Failed(Failure failure, String message) implements Result {}
  }
}
