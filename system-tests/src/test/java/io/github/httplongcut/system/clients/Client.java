package io.github.httplongcut.system.clients;

import java.net.URI;
import java.util.Set;

/** An HTTP client with its default settings. For one thread at a time. */
interface Client extends AutoCloseable {

  /** A feature that some clients lack. */
  enum Skill {
    FOLLOWS_REDIRECTS,
    KEEPS_COOKIES,
    /** Shows a repeated header field as separate values. */
    SHOWS_EACH_FIELD
  }

  String name();

  Set<Skill> skills();

  /**
   * Sends the request and waits for the response.
   *
   * @param base scheme, host and port
   * @throws IllegalStateException if the client got no response, with its error output
   */
  ClientAnswer call(URI base, ClientCall call);

  /** Closes kept-alive connections, if any, and deletes the cookies. */
  void forget();

  @Override
  void close();
}
