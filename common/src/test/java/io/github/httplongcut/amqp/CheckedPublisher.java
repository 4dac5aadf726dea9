package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.PublicationRecords.Cause;
import io.github.httplongcut.amqp.PublishingChannel.Write;
import io.github.httplongcut.amqp.PublishingConnection.NotOpened;
import io.github.httplongcut.amqp.PublishingConnection.WriteResult;
import io.github.httplongcut.amqp.SimulatedChannel.Message;
import io.github.httplongcut.session.Publication;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * A {@link PublisherState} at made-up times that compares each step with plain records, and keeps a
 * log of the steps.
 */
final class CheckedPublisher {

  /** Start of the made-up time. The clock overflows soon. */
  private static final long START = Long.MAX_VALUE - Duration.ofSeconds(2).toNanos();

  private final PublisherState state;
  private final PublisherLimits limits;
  private final int maxUnblockedBytes;
  private final PublishingNotes journal = new PublishingNotes();
  private final Set<String> reached = new TreeSet<>();
  private final ConnectionRecord connection = new ConnectionRecord(reached);
  private final PublicationRecords publications;
  private final List<String> log = new ArrayList<>();
  private long now = START;
  private boolean woken;

  CheckedPublisher(PublisherLimits limits, int maxUnblockedBytes) {
    this.limits = limits;
    this.maxUnblockedBytes = maxUnblockedBytes;
    this.state = new PublisherState(limits, START - 1);
    this.publications = new PublicationRecords(limits, connection, reached);
  }

  /** Returns all steps, outcomes and passages of time so far. */
  List<String> log() {
    return log;
  }

  /** Returns the outcomes, the kinds of work and the rare situations that have occurred. */
  Set<String> reached() {
    return reached;
  }

  long now() {
    return now;
  }

  void pass(Duration time) {
    now += time.toNanos();
    log.add("+" + time.toNanos() / 1_000 + " us");
  }

  ConnectionRecord connection() {
    return connection;
  }

  PublicationRecords publications() {
    return publications;
  }

  /** Returns whether waiting threads were woken since the last call. */
  boolean takeWoken() {
    boolean was = woken;
    woken = false;
    return was;
  }

  /** Wakes waiting threads, as the publisher does after some steps. */
  void wakeLink() {
    woken = true;
  }

  boolean isDone() {
    return state.isDone();
  }

  // Steps of the session.

  /** Publishes. Returns whether a thread must write it. */
  boolean publish(Publication publication) {
    TrackedPublication tracked = publications.add(publication);
    boolean[] added = new boolean[1];
    step(
        "publish %s, a %s, %s, %s"
            .formatted(tracked, publication, publication.tries(), publication.batching()),
        effects -> added[0] = state.publish(publication, now, effects));
    return added[0];
  }

  /** Withdraws a publication, which has no effect unless it waits. */
  void withdraw(TrackedPublication publication) {
    publications.withdraw(publication);
    step("withdraw " + publication, effects -> state.withdraw(publication.publication, effects));
  }

  void hold(boolean held) {
    connection.hold(held);
    step("hold " + held, effects -> state.connection().hold(held));
    woken = true;
  }

  void suspended() {
    step("suspended", effects -> state.connection().onSuspended(now));
  }

  /** Runs the check of every 200 ms. Returns whether RabbitMQ is silent. */
  boolean check() {
    step("check", Cause.CHECK, List.of(), effects -> state.checkTimeouts(now, effects));
    boolean silent = state.connection().isSilent(now);
    if (silent) {
      assertThat(connection.unansweredNanos(now))
          .as("time without an answer")
          .isGreaterThanOrEqualTo(limits.confirmTimeout().toNanos());
    }
    return silent;
  }

  void close() {
    connection.close();
    step("close", effects -> state.close(now, effects));
  }

  // Steps of RabbitMQ.

  void confirm(SimulatedChannel from, long number, boolean multiple) {
    step(
        describe("confirm", from, number, multiple),
        Cause.CONFIRM,
        from.answer(number, multiple),
        effects -> state.onConfirmed(from.state, number, multiple, now, effects));
  }

  void nack(SimulatedChannel from, long number, boolean multiple) {
    step(
        describe("nack", from, number, multiple),
        Cause.NACK,
        from.answer(number, multiple),
        effects -> state.onNacked(from.state, number, multiple, now, effects));
  }

  private static String describe(
      String what, SimulatedChannel from, long number, boolean multiple) {
    return what + " " + from + ":" + number + (multiple ? " and all before" : "");
  }

  void returnMessage(SimulatedChannel from, long number) {
    Message message = from.unanswered.get(number);
    if (message != null) {
      message.returned = true;
    }
    step("return " + from + ":" + number, effects -> state.onReturned(from.state, number));
  }

  void answerFence(SimulatedChannel main) {
    connection.onFenceAnswered(main);
    step(
        "answer the fence on " + main,
        effects -> state.connection().onFenceAnswered(main.state, effects));
  }

  void block(SimulatedChannel main) {
    connection.onBlocked(main);
    step("block " + main, effects -> state.onBlocked(main.state, effects));
  }

  void unblock(SimulatedChannel main) {
    connection.onUnblocked(main);
    step("unblock " + main, effects -> state.connection().onUnblocked(main.state, now));
    woken = true;
  }

  /** Notes that a channel is closed. */
  void shutDown(SimulatedChannel channel) {
    channel.closeDelivered = true;
    step("shut down " + channel, effects -> state.channels().onShutdown(channel.state));
    woken = true;
  }

  // Steps of the link's thread.

  void connected(SimulatedChannel main, int channelMax) {
    step(
        "connect %s, channel_max %d".formatted(main, channelMax),
        effects -> state.onOpened(main.state, channelMax, maxUnblockedBytes, now, effects),
        () -> connection.onConnected(main, channelMax));
  }

  void lost(List<Refusal> closeReasons) {
    publications.onRefused(closeReasons);
    step(
        "lose the connection " + closeReasons,
        Cause.LOSS,
        connection.onLost(),
        effects -> state.onLost(closeReasons, now, effects));
  }

  void removeChannel(SimulatedChannel channel, Optional<Refusal> closeReason) {
    publications.onRefused(closeReason.stream().toList());
    step(
        "remove " + channel + " " + closeReason,
        Cause.LOSS,
        connection.remove(channel),
        effects -> state.removeChannel(channel.state, closeReason, "", now, effects));
  }

  void channelOpened(SimulatedChannel channel) {
    connection.onOpened(channel);
    step("opened " + channel, effects -> state.connection().onChannelOpened(channel.state, now));
  }

  void channelNotOpened(NotOpened why) {
    connection.onNotOpened(why);
    step("not opened: " + why, effects -> state.connection().onChannelNotOpened(why, effects));
  }

  /** Takes the next step of the link's thread. */
  LinkWork nextLinkWork() {
    boolean mustLeave = connection.mustLeave();
    long unread = connection.unreadBytes();
    LinkWork work = state.connection().nextLinkWork(connection.main().open, now);
    log.add("the link's thread: " + work.type());
    reached.add(work.type().name());
    assertThat(work.type() == LinkWork.Type.LEAVE).as("leaves").isEqualTo(mustLeave);
    switch (work.type()) {
      case WRITE -> taken(work.write(), unread, unread == 0 ? Long.MAX_VALUE : window());
      case FENCE -> connection.onFenceSent(now);
      case OPEN -> connection.onOpening(now);
      case CLOSE -> closed(SimulatedChannel.of(work.channel()));
      case REMOVE ->
          assertThat(SimulatedChannel.of(work.channel()).open).as("removed and open").isFalse();
      case WAIT, LEAVE -> {}
    }
    assertRecordsAgree();
    return work;
  }

  private void closed(SimulatedChannel channel) {
    assertThat(connection.isBlocked()).as("closes a channel in an alarm").isFalse();
    assertThat(connection.remove(channel)).as("unconfirmed on a closed channel").isEmpty();
  }

  private long window() {
    return limits.unconfirmedWindow();
  }

  /** Returns the time at which the link's thread wakes up by itself; empty if it does not. */
  OptionalLong linkWakesAt() {
    long nanos = state.connection().nanosToWait(now);
    assertThat(nanos).as("time to wait").isPositive();
    return nanos == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(now + nanos);
  }

  /** Returns whether publications may wait because the window is full. */
  boolean mayLackRoom() {
    return connection.unreadBytes() > 0 && !publications.waiting().isEmpty();
  }

  // Steps of the threads that write.

  /** Takes the next message of a thread that must not block. */
  Optional<Message> nextUnblockedWrite() {
    boolean open = connection.main() != null && connection.main().open;
    long unread = connection.unreadBytes();
    Write[] write = new Write[1];
    List<Message> messages = new ArrayList<>();
    step(
        "another thread looks",
        effects -> write[0] = state.connection().nextUnblockedWrite(open, now, effects),
        () -> {
          if (write[0] != null) {
            assertThat(open).as("open").isTrue();
            messages.add(taken(write[0], unread, maxUnblockedBytes));
          }
        });
    return messages.stream().findFirst();
  }

  void wakeLinkIfNeeded() {
    step("wake the link's thread if needed", this::wakeLinkIfNeeded);
  }

  private void wakeLinkIfNeeded(PublishingEffects effects) {
    state.connection().wakeLinkIfNeeded(now, effects);
  }

  /** Ends the write that has begun. */
  void written(WriteResult result) {
    SimulatedChannel channel = connection.end(result);
    step(
        "end of the write on " + channel + ": " + result,
        effects -> state.connection().onWritten(channel.state, result, effects));
  }

  private Message taken(Write write, long unread, long maxBytes) {
    ConnectionRecord.assertHasRoom(write, unread, maxBytes);
    List<TrackedPublication> taken = publications.onTaken(write.message().publications());
    Message message = connection.onTaken(write, taken);
    taken.forEach(each -> each.message = message);
    log.add("write " + message);
    return message;
  }

  Message messageOf(Write write) {
    return SimulatedChannel.of(write.channel()).unanswered.get(write.message().number());
  }

  // Every step.

  private void step(String what, Consumer<PublishingEffects> change) {
    step(what, Cause.OTHER, List.of(), change);
  }

  private void step(String what, Consumer<PublishingEffects> change, Runnable then) {
    log.add(what);
    publications.begin(Cause.OTHER, List.of(), now);
    change(change);
    then.run();
    publications.end();
    assertRecordsAgree();
  }

  private void step(
      String what, Cause cause, List<Message> affected, Consumer<PublishingEffects> change) {
    log.add(what);
    publications.begin(cause, affected, now);
    change(change);
    publications.end();
    assertRecordsAgree();
  }

  private void change(Consumer<PublishingEffects> change) {
    PublishingEffects effects = new PublishingEffects();
    change.accept(effects);
    effects
        .completions()
        .forEach(
            each -> {
              log.add("  " + publications.complete(each) + " " + each.outcome());
            });
    effects.notes().forEach(note -> note.accept(journal));
    if (journal.take().contains("replaced for nacks")) {
      connection.replace();
    }
    woken |= effects.wakesThreads();
  }

  private void assertRecordsAgree() {
    int unconfirmed = connection.unconfirmed();
    int waiting = publications.waiting().size();
    assertThat(state.channels().unconfirmed()).as("unconfirmed").isEqualTo(unconfirmed);
    assertThat(state.waiting()).as("waiting").isLessThanOrEqualTo(waiting);
    assertThat(state.isDone()).as("done").isEqualTo(unconfirmed == 0 && waiting == 0);
  }
}
