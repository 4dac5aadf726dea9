package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.loop.RateLimit;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.WireLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes: makes messages of what waits, and has them written while less than the window is
 * unconfirmed, so that no alarm of RabbitMQ finds a writer stuck. The link's thread owns the
 * channel and may write anything; whose turn of the loop it is, and the connection's reader thread,
 * on which confirms come, write what can block nobody ({@link #writeHere}). One of them writes at a
 * time. Every publication gets exactly one {@link Outcome}, handed to the loop.
 */
final class Publisher implements Link.Use {

  private record Done(Publication publication, Outcome outcome) {}

  private static final Logger log = LoggerFactory.getLogger(Publisher.class);
  private static final long PROBE_NANOS = Duration.ofSeconds(1).toNanos();

  /**
   * So much is unconfirmed at the most, and in the socket's buffer, when somebody else than the
   * link's thread writes: what fits there can block nobody.
   */
  private static final int MOST_BYTES_HERE = 64 * 1024;

  private static final int PART_OF_BUFFER = 4;

  /** What is on its way over a line of 1 Mbit/s is no silence; a dead one, AMQP heartbeats find. */
  private static final long SLOWEST_NANOS_PER_BYTE = 8_000;

  private final Link link;
  private final AmqpConfig config;
  private final ProcessId id;
  private final Loop loop;
  private final SessionMetrics metrics;

  /** Something was published in this turn of the loop, and the writer was not told yet. */
  private boolean published;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // All of these are guarded by the lock.
  private final Outbox outbox = new Outbox();
  private final Nacks nacks;
  private final Unconfirmed unconfirmed = new Unconfirmed();
  private final Refusals refusals = new Refusals();
  private final RateLimit tooLongWarnings = new RateLimit(Duration.ofMinutes(1));
  private final RateLimit unconfirmedWarnings = new RateLimit(Duration.ofMinutes(1));
  private Channel channel;
  private Fence probe;
  private long probedAt;
  private boolean probeDue;
  private boolean blocked;
  private boolean held;
  private boolean reopening; // once nothing is unconfirmed: nobody's fate becomes unknown by it
  private boolean closed;

  /** Somebody takes a message and writes it: one at a time, so that numbers are in order. */
  private boolean writing;

  /** A write failed: nothing more is written on this channel. */
  private boolean broken;

  /** What may be unconfirmed when others than the link's thread write. */
  private long mostBytesHere;

  /** When the link's thread comes by itself to write what is held, if it does. */
  private OptionalLong wakesAt = OptionalLong.empty();

  /** Outcomes that are on their way to the loop. */
  private int telling;

  /** Who waits for all to be over. */
  private int flushing;

  /** What RabbitMQ owed before this moment does not count: it was blocked, or we stood still. */
  private long excusedUntil = System.nanoTime();

  Publisher(Link link, AmqpConfig config, ProcessId id, Loop loop, SessionMetrics metrics) {
    this.link = link;
    this.config = config;
    this.nacks = new Nacks(config.addresses().size() > 1);
    this.id = id;
    this.loop = loop;
    this.metrics = metrics;
  }

  /** From any thread; never blocks. */
  void publish(Publication publication) {
    List<Done> done = List.of();
    lock.lock();
    try {
      if (closed) {
        done = toTell(List.of(new Done(publication, Outcome.NO_CONNECTION)));
      } else if (blocked && !publication.isTriedAgain()) {
        done = toTell(List.of(new Done(publication, Outcome.BLOCKED)));
      } else if (refuses(publication)) {
        done = toTell(List.of(new Done(publication, Outcome.REFUSED)));
      } else if (outbox.isStuck(publication)) {
        done = toTell(List.of(new Done(publication, Outcome.INBOX_BUSY)));
      } else if (outbox.add(publication, System.nanoTime())) {
        if (loop.isItsTurn()) {
          published = true; // onTaskEnd sees to it: more may come
        } else {
          changed.signalAll();
        }
      }
    } finally {
      lock.unlock();
    }
    tell(done);
  }

  /** With the lock held: RabbitMQ or its readers would not take it. */
  private boolean refuses(Publication publication) {
    int bytes = publication.encoded().length;
    boolean tooLong = bytes > WireLimits.MESSAGE_BYTES;
    if (tooLong && tooLongWarnings.allows(System.nanoTime())) {
      log.warn(
          "event=publication_too_long publication={} bytes={} suppressed={}",
          LogText.quoted(publication.toString()),
          bytes,
          tooLongWarnings.takeSuppressed());
    }
    return tooLong || refusals.concern(publication);
  }

  /**
   * In the loop's turn, at the end of a task: what it has published is written here, unless there
   * is more to do here.
   */
  void onTaskEnd(boolean moreWaits) {
    if (!published) {
      return;
    }
    published = false;
    if (!moreWaits) {
      writeHere();
      return;
    }
    lock.lock();
    try {
      wakeIfNeeded();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Writes what may go, on a thread that must not block: less than what the socket's buffer takes.
   * What is left is the link's thread's. A hand-over to that takes longer than the write.
   */
  private void writeHere() {
    while (true) {
      Channel opened;
      WrittenMessage next;
      lock.lock();
      try {
        if (writing || broken || channel == null) {
          return; // whoever writes goes on; a new channel begins with what waits
        }
        next = nextMessage(mostBytesHere - unconfirmed.bytes(), System.nanoTime());
        if (next == null) {
          wakeIfNeeded();
          return;
        }
        writing = true;
        opened = channel;
      } finally {
        lock.unlock();
      }
      Written how = Written.BADLY;
      try {
        write(opened, next);
        how = Written.WELL;
      } catch (IOException | ShutdownSignalException e) {
        log.debug("event=write_failed why={}", LogText.quoted(Failures.describe(e)));
      } catch (RuntimeException | Error e) { // none, not even a lack of memory, ends the publishing
        log.error("event=bug thread={}", Thread.currentThread().getName(), e);
      } finally {
        written(opened, how);
      }
    }
  }

  private enum Written {
    WELL,
    /** Its number may be used up, or not: the channel is of no more use. */
    BADLY
  }

  private void written(Channel opened, Written how) {
    lock.lock();
    try {
      writing = false;
      broken |= how == Written.BADLY && opened == channel;
      if (broken || closed || probeDue || opened != channel) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * With the lock held: has the link's thread write what nobody else may, or when its time is up.
   */
  private void wakeIfNeeded() {
    long now = System.nanoTime();
    long nanos = outbox.nanosToNext(now);
    if (nanos == Long.MAX_VALUE) {
      return;
    }
    boolean inTime = wakesAt.isPresent() && wakesAt.getAsLong() - (now + nanos) <= 0;
    if (nanos <= 0 || !inTime) {
      changed.signalAll();
    }
  }

  /** From any thread; does nothing with what is written. */
  void withdraw(Publication publication) {
    lock.lock();
    try {
      if (outbox.remove(publication) || nacks.remove(publication)) {
        changed.signalAll(); // flush() may wait for it
      }
    } finally {
      lock.unlock();
    }
  }

  /** From any thread: writes nothing for as long as it is held. */
  void hold(boolean held) {
    lock.lock();
    try {
      this.held = held;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isConnected() {
    lock.lock();
    try {
      return channel != null && channel.isOpen();
    } finally {
      lock.unlock();
    }
  }

  boolean isBlocked() {
    lock.lock();
    try {
      return blocked;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void use(Connection connection) throws IOException, InterruptedException {
    Channel opened = connection.createChannel();
    connection.addBlockedListener(reason -> onBlocked(opened, reason), () -> onUnblocked(opened));
    opened.addShutdownListener(cause -> wake());
    opened.addReturnListener(
        returned -> onReturned(opened, returned.getProperties().getMessageId()));
    opened.addConfirmListener(
        (number, multiple) -> onConfirmed(opened, number, multiple),
        (number, multiple) -> onNacked(opened, number, multiple));
    opened.confirmSelect();
    open(opened);
    link.healthy();
    try {
      writeWhileOpen(opened);
    } finally {
      lost(Refusal.of(opened.getCloseReason()));
    }
  }

  private void open(Channel opened) {
    List<Done> done = new ArrayList<>();
    lock.lock();
    try {
      long now = System.nanoTime(); // the watch may not have been here since we stood still
      for (Publication publication : outbox.removeIf(each -> each.isGivenUp(now))) {
        done.add(new Done(publication, Outcome.NO_CONNECTION));
      }
      channel = opened;
      broken = false;
      mostBytesHere = Math.min(MOST_BYTES_HERE, link.sendBufferBytes() / PART_OF_BUFFER);
      probe = new Fence(opened, System::nanoTime);
      probedAt = now;
      probeDue = false;
      nacks.onOpened();
      reopening = false;
      toTell(done);
    } finally {
      lock.unlock();
    }
    tell(done);
  }

  private void writeWhileOpen(Channel opened) throws IOException, InterruptedException {
    while (true) {
      WrittenMessage next;
      boolean probing;
      lock.lockInterruptibly();
      try {
        long now = System.nanoTime();
        next = writing ? null : nextMessage(room(), now);
        while (next == null && (writing || !probeDue) && isUsable(opened)) {
          // Of the same clock reading: by a later one, what could not go yet might seem to be due.
          long nanos = nanosToWait(now);
          if (nanos != Long.MAX_VALUE) {
            wakesAt = OptionalLong.of(now + nanos);
          }
          long unused = changed.awaitNanos(nanos);
          wakesAt = OptionalLong.empty();
          now = System.nanoTime();
          next = writing ? null : nextMessage(room(), now);
        }
        if (!isUsable(opened)) {
          return; // a message just made is among the unconfirmed: lost() sees to it
        }
        writing = true;
        probing = probeDue;
        probeDue = false;
      } finally {
        lock.unlock();
      }
      Written how = Written.BADLY;
      try {
        if (probing) {
          long behind = opened.getNextPublishSeqNo() - 1;
          probe.send(() -> onRead(opened, behind));
        }
        if (next != null) {
          write(opened, next);
        }
        how = Written.WELL;
      } finally {
        written(opened, how); // the link hears of a failure itself, but nobody may write behind it
      }
    }
  }

  private void onRead(Channel from, long number) {
    lock.lock();
    try {
      if (from == channel) {
        unconfirmed.onRead(number);
        changed.signalAll(); // there may be room now
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isUsable(Channel opened) {
    return !closed && !broken && opened.isOpen() && !isUsedUp();
  }

  /**
   * Until what is held may go. What may go already, by the clock reading by which it was not taken,
   * waits for a word of RabbitMQ's.
   */
  private long nanosToWait(long now) {
    long nanos = outbox.nanosToNext(now);
    return nanos <= 0 ? Long.MAX_VALUE : nanos;
  }

  private boolean isUsedUp() {
    return reopening && unconfirmed.isEmpty();
  }

  /** Bytes that the next message may have: any number when RabbitMQ has read all others. */
  private long room() {
    return unconfirmed.bytes() == 0
        ? Long.MAX_VALUE
        : config.unconfirmedWindow() - unconfirmed.bytes();
  }

  /** The next message, by now among the unconfirmed; null if there is none or no room for it. */
  private WrittenMessage nextMessage(long room, long now) {
    if (blocked || held || closed || reopening || !channel.isOpen()) {
      return null;
    }
    List<Publication> publications = outbox.take(room, now);
    if (publications.isEmpty()) {
      return null;
    }
    WrittenMessage message = new WrittenMessage(channel.getNextPublishSeqNo(), publications, now);
    unconfirmed.add(message);
    return message;
  }

  private void write(Channel opened, WrittenMessage message) throws IOException {
    Publication first = message.publications().get(0);
    BasicProperties properties = message.properties(config.user(), id.toString());
    opened.basicPublish(
        message.key().exchange(), first.routingKey(), true, properties, message.body());
    metrics.published(first.event().type(), message.publications().size());
  }

  // The reader thread of a connection that was given up may come late, and each channel counts its
  // messages from 1: what it says must not be taken for the next one's.

  /** A return comes before the confirm of the same message, and names it by its message id only. */
  private void onReturned(Channel from, String messageId) {
    lock.lock();
    try {
      if (from == channel) {
        unconfirmed.onReturned(WrittenMessage.numberOf(messageId));
      }
    } finally {
      lock.unlock();
    }
  }

  private void onConfirmed(Channel from, long number, boolean multiple) {
    List<Done> done = new ArrayList<>();
    lock.lock();
    try {
      for (WrittenMessage message : takeUnconfirmed(from, number, multiple)) {
        Outcome outcome = message.isReturned() ? Outcome.RETURNED : Outcome.CONFIRMED;
        if (!message.isReturned()) {
          nacks.onTaken(message.publications().get(0));
        }
        message.publications().forEach(each -> done.add(new Done(each, outcome)));
      }
      if (flushing > 0 || isUsedUp()) {
        changed.signalAll();
      }
      toTell(done);
    } finally {
      lock.unlock();
    }
    tell(done);
    writeHere(); // what waited for this, and what came of it
  }

  private void onNacked(Channel from, long number, boolean multiple) {
    List<Done> done = new ArrayList<>();
    lock.lock();
    try {
      for (WrittenMessage message : takeUnconfirmed(from, number, multiple)) {
        for (Publication publication : message.publications()) {
          if (closed || !nacks.takeOver(publication)) {
            done.add(new Done(publication, Outcome.NACKED));
          }
        }
      }
      changed.signalAll();
      toTell(done);
    } finally {
      lock.unlock();
    }
    tell(done);
  }

  private List<WrittenMessage> takeUnconfirmed(Channel from, long number, boolean multiple) {
    if (from != channel) {
      return List.of();
    }
    List<WrittenMessage> taken = unconfirmed.take(number, multiple);
    long now = System.nanoTime();
    taken.forEach(each -> outbox.confirmed(each.key(), now));
    unconfirmed.takeGivenUp(number, multiple).forEach(key -> outbox.confirmedLate(key, now));
    return taken;
  }

  private void onBlocked(Channel from, String reason) {
    log.warn("event=amqp_blocked why={}", LogText.quoted(reason));
    List<Done> done = new ArrayList<>();
    lock.lock();
    try {
      if (from != channel) {
        return;
      }
      blocked = true;
      for (Publication publication : outbox.removeIf(each -> !each.isTriedAgain())) {
        done.add(new Done(publication, Outcome.BLOCKED));
      }
      toTell(done);
    } finally {
      lock.unlock();
    }
    tell(done);
  }

  private void onUnblocked(Channel from) {
    log.info("event=amqp_unblocked");
    lock.lock();
    try {
      if (from != channel) {
        return;
      }
      blocked = false;
      excusedUntil = System.nanoTime();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The channel is gone, and with it the word that RabbitMQ owed.
   *
   * @param refusal why RabbitMQ closed it, if that was because of something that it may not take
   */
  private void lost(Optional<Refusal> refusal) {
    List<Done> done = new ArrayList<>();
    List<Publication> again = new ArrayList<>();
    lock.lock();
    try {
      refusals.add(refusal, System.nanoTime());
      for (Publication publication : outbox.removeIf(refusals::concern)) {
        done.add(new Done(publication, Outcome.REFUSED));
      }
      channel = null;
      probe = null;
      blocked = false;
      for (WrittenMessage message : unconfirmed.takeAll()) {
        for (Publication publication : message.publications()) {
          if (message.isReturned()) {
            done.add(new Done(publication, Outcome.RETURNED));
          } else if (refusals.concern(publication)) {
            done.add(new Done(publication, Outcome.REFUSED));
          } else if (publication.isTriedAgain() && !closed) {
            again.add(publication);
          } else {
            done.add(new Done(publication, Outcome.UNKNOWN));
          }
        }
      }
      outbox.forgetUnconfirmed();
      outbox.giveBack(again, System.nanoTime());
      changed.signalAll();
      toTell(done);
    } finally {
      lock.unlock();
    }
    tell(done);
  }

  /** This process stood still until now: that RabbitMQ was not heard is not its fault. */
  void stoodStill(long nowNanos) {
    lock.lock();
    try {
      excusedUntil = nowNanos;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Called every 200 ms: gives up what has waited too long, and cuts a link that has gone silent.
   */
  void watch(long nowNanos) {
    List<Done> done = new ArrayList<>();
    boolean silent;
    lock.lock();
    try {
      Outcome outcome = channel == null || held ? Outcome.NO_CONNECTION : Outcome.BLOCKED;
      boolean moved = !nacks.isEmpty();
      refusals.onTime(nowNanos);
      for (Publication again : nacks.take()) {
        if (refusals.concern(again)) {
          done.add(new Done(again, Outcome.REFUSED));
        } else {
          outbox.add(again, nowNanos);
        }
      }
      giveUpOwed(nowNanos, done);
      if (nacks.wantNewChannel() && channel != null && !reopening) {
        log.warn("event=publishing_reopened why=\"RabbitMQ has been nacking for too long\"");
        reopening = true;
      }
      for (Publication publication : outbox.removeStuck()) {
        done.add(new Done(publication, Outcome.INBOX_BUSY));
      }
      boolean open = outcome == Outcome.BLOCKED && !blocked;
      for (Publication publication : outbox.removeIf(each -> each.isGivenUp(nowNanos))) {
        boolean busy = open && outbox.isFull(publication);
        done.add(new Done(publication, busy ? Outcome.INBOX_BUSY : outcome));
      }
      probeIfQuiet(nowNanos);
      silent = isSilent(nowNanos);
      if (moved || probeDue || !done.isEmpty()) {
        changed.signalAll();
      }
      toTell(done);
    } finally {
      lock.unlock();
    }
    tell(done);
    if (silent) {
      link.cut("RabbitMQ has confirmed nothing for " + config.confirmTimeout());
    }
  }

  /**
   * With the lock held: what RabbitMQ has read and a tenant's inbox has not confirmed for too long
   * costs itself, and nothing else that is published. It is not written again: the inbox may have
   * it before its eyes still.
   */
  private void giveUpOwed(long nowNanos, List<Done> done) {
    long timeout = config.confirmTimeout().toNanos();
    if (channel == null || blocked || nowNanos - excusedUntil < timeout) {
      return;
    }
    List<WrittenMessage> owed = unconfirmed.giveUp(nowNanos, timeout);
    for (WrittenMessage message : owed) {
      outbox.gaveUp(message.key());
      Outcome outcome = message.isReturned() ? Outcome.RETURNED : Outcome.UNKNOWN;
      message.publications().forEach(each -> done.add(new Done(each, outcome)));
    }
    if (!owed.isEmpty() && unconfirmedWarnings.allows(nowNanos)) {
      WrittenMessage first = owed.get(0);
      log.warn(
          "event=queue_confirms_nothing exchange={} routing_key={} timeout={} suppressed={}",
          first.key().exchange(),
          LogText.quoted(first.key().routingKey()),
          config.confirmTimeout(),
          unconfirmedWarnings.takeSuppressed());
    }
  }

  /** With the lock held: asks for a word of RabbitMQ's where none comes by itself. */
  private void probeIfQuiet(long nowNanos) {
    long unread = unconfirmed.unreadNanos(nowNanos);
    boolean quiet = unread == 0 || unread >= PROBE_NANOS;
    boolean due = nowNanos - probedAt >= PROBE_NANOS;
    if (channel != null && !blocked && !probe.isOutstanding() && quiet && due) {
      probedAt = nowNanos;
      probeDue = true;
    }
  }

  private boolean isSilent(long nowNanos) {
    if (channel == null || blocked) {
      return false;
    }
    long owedFor = probe.outstandingNanos(nowNanos);
    owedFor = Math.max(owedFor, unconfirmed.owedNanos(nowNanos));
    owedFor = Math.min(owedFor, nowNanos - excusedUntil);
    return owedFor
        >= config.confirmTimeout().toNanos() + unconfirmed.bytes() * SLOWEST_NANOS_PER_BYTE;
  }

  /** Waits until nothing waits, nothing is unconfirmed and every outcome is with the loop. */
  boolean flush(Duration atMost) throws InterruptedException {
    long left = atMost.toNanos();
    lock.lockInterruptibly();
    try {
      flushing++;
      changed.signalAll();
      while (!outbox.isEmpty() || !nacks.isEmpty() || !unconfirmed.isEmpty() || telling > 0) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } finally {
      flushing--;
      lock.unlock();
    }
  }

  /** Writes nothing more; what waits gets its outcome. */
  void close() {
    List<Done> done = new ArrayList<>();
    lock.lock();
    try {
      closed = true;
      nacks.take().forEach(each -> outbox.add(each, System.nanoTime()));
      for (Publication publication : outbox.removeIf(each -> true)) {
        done.add(new Done(publication, Outcome.NO_CONNECTION));
      }
      changed.signalAll();
      toTell(done);
    } finally {
      lock.unlock();
    }
    tell(done);
  }

  int waiting() {
    lock.lock();
    try {
      return outbox.size();
    } finally {
      lock.unlock();
    }
  }

  int unconfirmed() {
    lock.lock();
    try {
      return unconfirmed.size();
    } finally {
      lock.unlock();
    }
  }

  private void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** With the lock held; without it, they go to {@link #tell}. */
  private List<Done> toTell(List<Done> done) {
    if (!done.isEmpty()) {
      telling++;
    }
    return done;
  }

  /** Without the lock: what an outcome brings about may happen here. */
  private void tell(List<Done> done) {
    if (done.isEmpty()) {
      return;
    }
    List<Done> awaited = new ArrayList<>(done.size());
    for (Done each : done) {
      metrics.outcome(each.outcome);
      if (each.publication.isAwaited()) {
        awaited.add(each);
      }
    }
    // One task for all: a confirm may be of dozens.
    if (!awaited.isEmpty()) {
      loop.executeHere(() -> awaited.forEach(Publisher::tell));
    }
    lock.lock();
    try {
      telling--;
      if (flushing > 0) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** A bug in what one of them causes must not cost the others their outcome. */
  private static void tell(Done done) {
    try {
      done.publication.done(done.outcome);
    } catch (RuntimeException | Error e) {
      log.error(
          "event=bug publication={} outcome={}",
          LogText.quoted(done.publication.toString()),
          done.outcome,
          e);
    }
  }
}
