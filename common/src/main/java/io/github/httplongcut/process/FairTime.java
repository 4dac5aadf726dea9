package io.github.httplongcut.process;

import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.loop.Ticker;
import io.github.httplongcut.session.Session;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rule about the time in which this process could not hear others, and which therefore does not
 * count against them (protocol section 4, rule 2). Each tick tells the role how much of the time
 * since the last tick that was:
 *
 * <ul>
 *   <li>all of it, if the session with RabbitMQ is not healthy: disconnected or blocked;
 *   <li>otherwise the time by which the tick was late, if that is at least {@link
 *       Loop#SUSPENDED_AFTER}: the process was suspended.
 * </ul>
 *
 * <p>A process that was suspended for longer than {@code ack-timeout} reopens its consuming channel
 * before it does anything else. RabbitMQ then takes back the messages that the process has not
 * started, since other processes may have given them up meanwhile.
 */
public final class FairTime implements Ticker {

  private static final Logger log = LoggerFactory.getLogger(FairTime.class);

  private final Duration ackTimeout;
  private final Session session;
  private final RoleTicker role;
  private long lastTick;
  private long suspendedNanos;

  /**
   * Creates the ticker of a role's loop.
   *
   * @param role gets the ticks
   * @param now {@link System#nanoTime} at the start of the loop
   */
  public FairTime(Duration ackTimeout, Session session, RoleTicker role, long now) {
    this.ackTimeout = ackTimeout;
    this.session = session;
    this.role = role;
    this.lastTick = now;
  }

  @Override
  public void onSuspended(long nanos) {
    suspendedNanos = nanos;
    long millis = TimeUnit.NANOSECONDS.toMillis(nanos);
    log.warn("event=stood_still ms={}", millis);
    if (nanos > ackTimeout.toNanos()) {
      session.reopenConsuming("the process was suspended for " + millis + " ms");
    }
  }

  @Override
  public void onTick(long now) {
    long passed = now - lastTick;
    long excluded = session.state().isHealthy() ? suspendedNanos : passed;
    lastTick = now;
    suspendedNanos = 0;
    role.onTick(now, excluded);
  }

  @Override
  public long nanosToNextTick(long now) {
    return role.nanosToNextTick(now);
  }
}
