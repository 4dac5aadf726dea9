package io.github.httplongcut.cli.grant;

import static io.github.httplongcut.cli.sources.ManagementClient.encoded;

import io.github.httplongcut.cli.sources.ManagementClient;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Removes queues, exchanges and bindings of users in a vhost, by the management API. Every method
 * blocks, and fails with a {@link
 * io.github.httplongcut.cli.CommandFailedException}.
 */
final class TraceRemover {

  private final ManagementClient management;
  private final String vhost;

  TraceRemover(ManagementClient management) {
    this.management = management;
    this.vhost = management.vhost();
  }

  /**
   * Removes the user's queues and exchanges. Deletes those of each page before it reads the next
   * one, so that an attempt that fails has removed something, however many there are.
   *
   * @param user valid by docs/protocol.md section 1
   * @return what it has removed
   */
  Traces removeQueuesAndExchanges(String user) {
    return new Traces(removeAll("queues", user), removeAll("exchanges", user), List.of());
  }

  /** A name that RabbitMQ still lists after its deletion is not deleted a second time. */
  private List<String> removeAll(String kind, String user) {
    Set<String> removed = new LinkedHashSet<>();
    int page = 1;
    while (true) {
      List<String> names = management.names(kind, Traces.expression(user), page);
      List<String> own =
          names.stream()
              .filter(name -> Traces.isOwn(user, name) && !removed.contains(name))
              .toList();
      own.forEach(name -> delete("/api/" + kind + '/' + encoded(vhost) + '/' + encoded(name)));
      removed.addAll(own);
      if (names.size() < ManagementClient.PAGE_SIZE) {
        return List.copyOf(removed);
      }
      if (own.isEmpty()) {
        page++; // otherwise this page has the next names now
      }
    }
  }

  /** Returns the user's bindings. */
  Traces bindings(String user) {
    List<Binding> bindings = new ArrayList<>();
    management
        .get("/api/bindings/" + encoded(vhost) + "?columns=" + Binding.COLUMNS)
        .forEach(each -> bindings.add(Binding.of(each)));
    return Traces.of(user, List.of(), List.of(), bindings);
  }

  /** Removes the bindings. Does nothing about those that are gone. */
  void removeBindings(Traces traces) {
    traces.bindings().forEach(binding -> delete(binding.path(vhost)));
  }

  private void delete(String path) {
    management.delete(
        path,
        "'%s' also needs all permissions in the vhost '%s' (rabbitmqctl set_permissions)"
            .formatted(management.user(), vhost));
  }
}
