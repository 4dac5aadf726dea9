package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.ProcessId;
import java.util.UUID;

/**
 * Memory of targets and client agents, for the status. Learns the end of each request as a {@link
 * Journal}, and passes everything on to the journal of the shell.
 */
final class KnownParties implements Journal {

  private final KnownTargets targets = new KnownTargets();
  private final KnownClients clients = new KnownClients();
  private final TrafficMeter traffic = new TrafficMeter();
  private final Journal journal;

  KnownParties(Journal journal) {
    this.journal = journal;
  }

  KnownTargets targets() {
    return targets;
  }

  KnownClients clients() {
    return clients;
  }

  /** Returns the recent requests for all targets. */
  TrafficMeter traffic() {
    return traffic;
  }

  /** Notes a request that was just received. */
  void onRequest(ClientRequest event, Receipt receipt, long now) {
    targets.onRequest(event.request().upstreamTarget(), now);
    if (!receipt.isLocal()) {
      clients.onRequest(event.clientId(), receipt.version(), now);
    }
    traffic.onRequest(now);
  }

  @Override
  public void ended(RequestRecord record) {
    if (record.ending().isPresent()) {
      onEnded(record, record.ending().get());
    }
    journal.ended(record);
  }

  private void onEnded(RequestRecord record, Ending ending) {
    targets.onEnded(record.subject().target(), ending, record.history());
    if (ending.kind() == Ending.Kind.ANSWERED || ending.kind() == Ending.Kind.FAILED) {
      traffic.onEnded(ending, record.history());
    }
  }

  @Override
  public void moved(UUID clientReqId, UUID brokerReqId, String from, String to, String why) {
    journal.moved(clientReqId, brokerReqId, from, to, why);
  }

  @Override
  public void agentRefused(ProcessId upstreamId, String upstreamTarget) {
    journal.agentRefused(upstreamId, upstreamTarget);
  }

  @Override
  public void shareExceeded(Party of, String name, Room room) {
    journal.shareExceeded(of, name, room);
  }

  @Override
  public void bug(UUID clientReqId, Throwable bug) {
    journal.bug(clientReqId, bug);
  }
}
