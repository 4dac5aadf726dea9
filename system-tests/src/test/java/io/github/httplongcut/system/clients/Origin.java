package io.github.httplongcut.system.clients;

import java.net.URI;

/**
 * A server as a client reaches it.
 *
 * @param relayed whether the relay is in between
 */
record Origin(URI url, boolean relayed) {

  /** The text without this origin's address: the same for each way to a server. */
  String maskIn(String text) {
    return text.replace(url.toString(), "");
  }
}
