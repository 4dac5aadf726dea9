package io.github.httplongcut.system.clients;

import java.net.URI;

/**
 * The address under which a client reaches a server.
 *
 * @param relayed true if this is the address of a client agent, false if it is the server's own
 */
record Origin(URI url, boolean relayed) {

  /**
   * Returns the text without this origin's address, so that direct and relayed texts can be
   * compared.
   */
  String maskIn(String text) {
    return text.replace(url.toString(), "");
  }
}
