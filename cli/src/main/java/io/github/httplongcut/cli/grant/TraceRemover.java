package io.github.httplongcut.cli.grant;

import static io.github.httplongcut.cli.sources.ManagementClient.encoded;

import io.github.httplongcut.cli.sources.ManagementClient;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Removes queues, exchanges and bindings of users in a vhost, by the management API. Every method
 * blocks, and fails with a {@link io.github.httplongcut.cli.CommandFailedException}.
 */
final class TraceRemover {

  /** Most bindings that are removed after a look at the list. */
  private static final int BATCH = 10_000;

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

  /**
   * Removes bindings of the user, some thousands after each look at RabbitMQ's list. The list may
   * have any length.
   *
   * @param unwanted selects the bindings to remove from those of the user
   * @return what it has removed
   */
  Traces removeBindings(String user, Predicate<Binding> unwanted) {
    Predicate<Binding> selected = binding -> Traces.isOwn(user, binding) && unwanted.test(binding);
    List<Binding> removed = new ArrayList<>();
    List<Binding> batch;
    do {
      batch = first(selected);
      batch.forEach(binding -> delete(binding.path(vhost)));
      removed.addAll(batch);
    } while (batch.size() == BATCH);
    return new Traces(List.of(), List.of(), removed);
  }

  private List<Binding> first(Predicate<Binding> selected) {
    List<Binding> first = new ArrayList<>();
    management.list(
        "/api/bindings/" + encoded(vhost) + "?columns=" + Binding.COLUMNS,
        json -> {
          Binding binding = Binding.of(json);
          if (first.size() < BATCH && selected.test(binding)) {
            first.add(binding);
          }
        });
    return first;
  }

  private void delete(String path) {
    management.delete(
        path,
        "'%s' also needs all permissions in the vhost '%s' (rabbitmqctl set_permissions)"
            .formatted(management.user(), vhost));
  }
}
