package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.Journal;
import io.github.httplongcut.broker.core.RequestRecord;
import io.github.httplongcut.broker.core.Router;
import io.github.httplongcut.loop.RateLimit;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs the router's actions, counts exceeded shares, and collects the accounts of ended requests.
 * Only for the loop's thread.
 */
final class JournalLog implements Journal {

  private static final Logger log = LoggerFactory.getLogger(Router.class);

  private final LongSupplier clock;
  private final ShareMetrics shares;
  private final EndedRequests ended;
  private final RateLimit refusals = new RateLimit(Duration.ofMinutes(1));
  private final RateLimit exceeded = new RateLimit(Duration.ofSeconds(10));

  /**
   * @param clock the clock of the loop
   * @param ended keeps the account of each request that is over until it may be published
   */
  JournalLog(LongSupplier clock, ShareMetrics shares, EndedRequests ended) {
    this.clock = clock;
    this.shares = shares;
    this.ended = ended;
  }

  @Override
  public void moved(UUID clientReqId, UUID brokerReqId, String from, String to, String why) {
    log.debug(
        "event=moved client_req_id={} broker_req_id={} from={} to={} why=\"{}\"",
        clientReqId,
        brokerReqId,
        from,
        to,
        why);
  }

  @Override
  public void ended(RequestRecord record) {
    ended.add(record);
  }

  @Override
  public void agentRefused(ProcessId upstreamId, String upstreamTarget) {
    if (refusals.allows(clock.getAsLong())) {
      log.warn(
          "event=agent_refused upstream_id={} upstream_target={} reason=too_many_agents"
              + " suppressed={}",
          upstreamId,
          upstreamTarget,
          refusals.takeSuppressed());
    }
  }

  @Override
  public void shareExceeded(Party of, String name, Room room) {
    shares.exceeded(of, name, room);
    if (exceeded.allows(clock.getAsLong())) {
      log.warn(
          "event=share_exceeded of={} name={} room={} suppressed={}",
          of.name().toLowerCase(Locale.ROOT),
          name, // needs no quotes: names of targets and users have only letters, digits, - and _
          room.name().toLowerCase(Locale.ROOT),
          exceeded.takeSuppressed());
    }
  }

  @Override
  public void bug(UUID clientReqId, Throwable bug) {
    log.error("event=bug client_req_id={}", clientReqId, bug);
  }
}
