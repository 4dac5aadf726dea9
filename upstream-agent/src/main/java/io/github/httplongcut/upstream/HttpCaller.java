package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import java.util.function.Consumer;

/** Makes HTTP requests of upstream servers. All methods may be called from any thread. */
interface HttpCaller {

  /**
   * Starts a request; returns at once.
   *
   * @param url the request target in full, as {@link Target#urlOf} gives it
   * @param whenDone called once, on a thread of the HTTP client's, unless the call is aborted
   *     before; must not block
   */
  Call call(Target target, String url, Request request, Consumer<Result> whenDone);

  /** A request that was started. */
  interface Call {

    /** Stops it and closes its connection, unless it is done already; says how far it had come. */
    Progress abort();
  }

  /** How far a call had come. */
  enum Progress {
    /** No connection yet: the server certainly saw nothing of it. */
    NOT_SENT,
    /** Handed to a connection: the server may have run it. */
    SENT
  }

  /** How a call ended. */
  sealed interface Result {

    /** With the server's answer, complete. */
    record Answered(Response response) implements Result {}

    /**
     * Without one.
     *
     * @param message one sentence for a person, without secrets
     */
    record Failed(Failure failure, String message) implements Result {}
  }
}
