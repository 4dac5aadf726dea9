package io.github.httplongcut.system.clients;

import java.util.Arrays;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A scenario that runs with every suitable client.
 *
 * @param needs the features that a client must have
 * @param steps the calls and the assertions on their results
 */
record Story(String name, Set<Client.Skill> needs, Consumer<Visitor> steps) {

  static Story story(String name, Consumer<Visitor> steps, Client.Skill... needs) {
    return new Story(name, Set.copyOf(Arrays.asList(needs)), steps);
  }

  /** Returns whether the client has the features that this story needs. */
  boolean suits(Client client) {
    return client.skills().containsAll(needs);
  }
}
