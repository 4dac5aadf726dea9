package io.github.httplongcut.client.core;

import io.github.httplongcut.client.core.PendingState.AwaitingOutcome;
import io.github.httplongcut.client.core.PendingState.Over;
import io.github.httplongcut.client.core.PendingState.Registered;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * The requests that wait for their answer. {@link #move} makes every transition, and updates
 * everything that depends on the state: the ids and the journal.
 */
final class PendingTable {

  private final PendingJournal journal;

  /** Each request under its first id, oldest first. */
  private final Map<UUID, PendingRequest> requests = new LinkedHashMap<>();

  /** The same requests, each under every id with which it was published. */
  private final Map<UUID, PendingRequest> byId = new HashMap<>();

  PendingTable(PendingJournal journal) {
    this.journal = journal;
  }

  PendingRequest add(Submission submission) {
    PendingRequest request = new PendingRequest(submission);
    requests.put(request.firstId(), request);
    return request;
  }

  /** Moves the request to another state. */
  void move(PendingRequest request, PendingState to, String why) {
    PendingState from = request.state();
    request.state(to);
    if (to instanceof AwaitingOutcome published) {
      request.addId(published.id());
      byId.put(published.id(), request);
      if (from instanceof Registered) {
        journal.published(request.firstId());
      } else {
        journal.publishedAgain(request.firstId(), published.id(), why);
      }
    } else if (to instanceof Over) {
      requests.remove(request.firstId());
      request.ids().forEach(byId::remove);
      journal.forgotten(request.firstId(), why);
    } else {
      journal.moved(request.firstId(), from.label(), to.label(), why);
    }
  }

  /** Ends the request and removes it from the table. */
  void forget(PendingRequest request, String why) {
    move(request, new Over(), why);
  }

  /** Finds the request that was published with this id. */
  Optional<PendingRequest> find(UUID id) {
    return Optional.ofNullable(byId.get(id));
  }

  /** Finds the request whose latest publication has this id. */
  Optional<PendingRequest> findLatest(UUID id) {
    PendingRequest request = byId.get(id);
    boolean latest = request != null && request.published().id().equals(id);
    return latest ? Optional.of(request) : Optional.empty();
  }

  /** Finds the request that was submitted with this id. */
  Optional<PendingRequest> findSubmitted(UUID firstId) {
    return Optional.ofNullable(requests.get(firstId));
  }

  /** Returns a copy of the requests that match, oldest first. */
  List<PendingRequest> select(Predicate<PendingRequest> predicate) {
    return requests.values().stream().filter(predicate).toList();
  }

  int size() {
    return requests.size();
  }

  /** Returns the number of entries in all maps. For tests that look for leaks. */
  int entries() {
    return requests.size() + byId.size();
  }
}
