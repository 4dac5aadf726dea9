package io.github.httplongcut.system.clients;

import java.util.Arrays;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Something that people do with a server, whatever their client.
 *
 * @param needs what a client must know for it
 * @param steps what is done and what must come of it, directly and through the relay
 */
record Story(String name, Set<Client.Skill> needs, Consumer<Visitor> steps) {

  static Story story(String name, Consumer<Visitor> steps, Client.Skill... needs) {
    return new Story(name, Set.copyOf(Arrays.asList(needs)), steps);
  }

  /** Whether it is one for that client. */
  boolean suits(Client client) {
    return client.skills().containsAll(needs);
  }
}
