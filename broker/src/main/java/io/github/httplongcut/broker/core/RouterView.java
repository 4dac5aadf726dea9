package io.github.httplongcut.broker.core;

import java.util.Optional;
import java.util.UUID;

/** View of a router's state, for metrics, pages and {@link Intake}. */
public final class RouterView {

  private final RouterLimits limits;
  private final AgentRegistry agents;
  private final RequestTable table;
  private final RouterCounters counters;
  private final StatusReporter reporter;

  RouterView(
      RouterLimits limits,
      AgentRegistry agents,
      RequestTable table,
      RouterCounters counters,
      StatusReporter reporter) {
    this.limits = limits;
    this.agents = agents;
    this.table = table;
    this.counters = counters;
    this.reporter = reporter;
  }

  /** Returns the load, from which {@link Intake} derives the prefetch. */
  public Intake.Load load() {
    WaitingRoom room = table.waitingRoom();
    int free = Math.max(0, limits.waiting().total() - room.size());
    // About as many places as one target may still take. While several targets wait, its share is
    // half of the free places. Otherwise it may take all but a tenth, which is reserved for others.
    return new Intake.Load(
        table.room().size(), room.size(), room.hasSeveralTargets() ? free / 2 : free * 9 / 10);
  }

  /** Returns a snapshot of the router's numbers and counters. */
  public RouterStats stats() {
    return new RouterStats(
        table.requestCounts(),
        table.room().bytes(),
        agents.size(),
        counters.totals(),
        new RouterStats.ForgottenAgents(agents.forgottenSilent(), agents.displaced()));
  }

  /** Returns a snapshot for operators. To be called about once a second. */
  public StatusSnapshot status(long now) {
    return reporter.report(now);
  }

  /** Returns the account of the request in flight with this id, or with a dispatch of this id. */
  public Optional<RequestRecord> request(UUID id) {
    return table.record(id);
  }
}
