package io.github.httplongcut.system.clients;

import java.net.URI;
import java.util.Set;

/** An HTTP client as it comes: for one thread at a time. */
interface Client extends AutoCloseable {

  /** What not every client does by itself. */
  enum Skill {
    FOLLOWS_REDIRECTS,
    KEEPS_COOKIES,
    /** Shows a field that came twice as two. */
    SHOWS_EACH_FIELD
  }

  String name();

  Set<Skill> skills();

  /**
   * Makes the request and waits for its answer.
   *
   * @param base scheme, host and port
   * @throws IllegalStateException if the client saw no answer, with what it said
   */
  ClientAnswer call(URI base, ClientCall call);

  /** Closes its connections where it keeps any, and loses its cookies. */
  void forget();

  @Override
  void close();
}
