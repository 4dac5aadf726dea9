package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.Outcomes.Completion;
import io.github.httplongcut.amqp.PublishingChannel.Write;
import io.github.httplongcut.amqp.PublishingConnection.NotOpened;
import io.github.httplongcut.amqp.PublishingConnection.WriteResult;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.Tries;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A {@link PublisherState} at made-up times. The test plays RabbitMQ and the threads that write.
 * Each publication has a name. Short texts:
 *
 * <ul>
 *   <li>{@code a CONFIRMED} is an outcome of publication a.
 *   <li>{@code 2:1 a b} is message 1 on channel 2, with the publications a and b.
 *   <li>Channels have numbers in the order in which they were opened on the current connection. The
 *       main channel is 0.
 * </ul>
 */
final class PublisherFixture {

  static final Duration CONFIRM_TIMEOUT = Duration.ofSeconds(5);
  static final Duration GIVE_UP = Duration.ofMinutes(1);
  static final int WINDOW = 1024 * 1024;
  static final int MAX_UNBLOCKED_BYTES = 64 * 1024;

  /** Start of the made-up time. The clock overflows soon. */
  private static final long START = Long.MAX_VALUE - Duration.ofSeconds(1).toNanos();

  final PublisherState state;
  private final PublishingNotes journal = new PublishingNotes();
  private final List<String> outcomes = new ArrayList<>();
  private final List<PublishingChannel> opened = new ArrayList<>();
  private final Map<PublishingChannel, Refusal> closeReasons = new HashMap<>();

  /** Publications by their encoded event, which a copy shares with its original. */
  private final IdentityHashMap<byte[], String> names = new IdentityHashMap<>();

  private final Map<String, Publication> publications = new HashMap<>();
  private long now = START;
  private boolean woken;

  /** The channel of the write that has begun and not ended; null if there is none. */
  private PublishingChannel writing;

  PublisherFixture(boolean cluster) {
    state = new PublisherState(new PublisherLimits(CONFIRM_TIMEOUT, WINDOW, cluster), START - 1);
  }

  // Time and results.

  long now() {
    return now;
  }

  void pass(Duration time) {
    now += time.toNanos();
  }

  /** Returns the outcomes since the last call. */
  List<String> outcomes() {
    List<String> taken = List.copyOf(outcomes);
    outcomes.clear();
    return taken;
  }

  /** Returns the journal's notes since the last call. */
  List<String> notes() {
    return journal.take();
  }

  /** Returns whether waiting threads were woken since the last call. */
  boolean woken() {
    boolean was = woken;
    woken = false;
    return was;
  }

  /** Returns the number of unconfirmed messages, without those given up. */
  int unconfirmed() {
    return state.channels().unconfirmed();
  }

  boolean isSilent() {
    return state.connection().isSilent(now);
  }

  // The session.

  /** Publishes an event that goes to no tenant. */
  boolean publish(String name, Tries tries) {
    return publish(name, hello(name).tried(tries));
  }

  /** Publishes an ack to a tenant's inbox: {@code <tenant>.<name>-<6 letters>}. */
  boolean publishTo(String inbox, String name, Tries tries) {
    return publish(name, TestPublications.ack(inbox, giveUpAt()).tried(tries));
  }

  /** Publishes an ack to a tenant's inbox. */
  boolean publishTo(String inbox, String name) {
    return publishTo(inbox, name, Tries.UNLESS_NACKED);
  }

  /** Publishes an ack to each of 30 inboxes of the tenant, and has all of them written. */
  void fillInboxesOf(String tenant) {
    for (int i = 0; i < BatchQueue.MAX_UNCONFIRMED_PER_TENANT; i++) {
      publishTo(tenant + ".inbox" + i + "-abcdef", tenant + i);
    }
    work();
  }

  /** Publishes a client's request, which goes to a shared queue. */
  boolean publishRequest(String name) {
    return publish(name, TestPublications.request(name, giveUpAt()));
  }

  /** Publishes an upstream agent's error, which may reach a shared queue. */
  boolean publishError(String name) {
    return publish(name, TestPublications.error(name, giveUpAt()));
  }

  boolean publish(String name, Publication publication) {
    names.put(publication.encoded(), name);
    publications.put(name, publication);
    boolean[] added = new boolean[1];
    step(effects -> added[0] = state.publish(publication, now, effects));
    return added[0];
  }

  /** Returns an event that goes to no tenant. */
  Publication hello(String version) {
    return TestPublications.hello(version, giveUpAt());
  }

  private long giveUpAt() {
    return now + GIVE_UP.toNanos();
  }

  void withdraw(String name) {
    step(effects -> state.withdraw(publications.get(name), effects));
  }

  void hold(boolean held) {
    state.connection().hold(held);
  }

  /** Runs the check of every 200 ms. */
  void check() {
    step(effects -> state.checkTimeouts(now, effects));
  }

  void close() {
    step(effects -> state.close(now, effects));
  }

  // RabbitMQ.

  /** Connects, without a limit of channels. */
  void connect() {
    connect(0);
  }

  /** Loses the connection, and connects with this {@code channel_max}. */
  void reconnect(int channelMax) {
    lose();
    connect(channelMax);
  }

  private void connect(int channelMax) {
    if (state.channels().isConnected()) {
      throw new AssertionError("connected");
    }
    opened.clear();
    PublishingChannel main = open();
    step(effects -> state.onOpened(main, channelMax, MAX_UNBLOCKED_BYTES, now, effects));
  }

  private PublishingChannel open() {
    PublishingChannel channel = new PublishingChannel(new PublishingChannel.Handle() {});
    opened.add(channel);
    return channel;
  }

  PublishingChannel main() {
    return opened.get(0);
  }

  /** Returns the channel with this number on the current connection. */
  PublishingChannel channel(int number) {
    return opened.get(number);
  }

  /** Returns the number of tenants' channels opened so far on the current connection. */
  int tenantChannels() {
    return opened.size() - 1;
  }

  void confirm(int channel, long number) {
    confirm(opened.get(channel), number);
  }

  /** Confirms a message, perhaps on a channel of a lost connection. */
  void confirm(PublishingChannel channel, long number) {
    step(effects -> state.onConfirmed(channel, number, false, now, effects));
  }

  void confirmUpTo(int channel, long number) {
    step(effects -> state.onConfirmed(opened.get(channel), number, true, now, effects));
  }

  void nack(int channel, long number) {
    step(effects -> state.onNacked(opened.get(channel), number, false, now, effects));
  }

  void nackUpTo(int channel, long number) {
    step(effects -> state.onNacked(opened.get(channel), number, true, now, effects));
  }

  void returnMessage(int channel, long number) {
    state.onReturned(opened.get(channel), number);
  }

  void answerFence() {
    answerFence(main());
  }

  /** Answers the fence of a connection, perhaps a lost one. */
  void answerFence(PublishingChannel main) {
    step(effects -> state.connection().onFenceAnswered(main, effects));
  }

  /** Lets the link's thread send a fence, which RabbitMQ answers: it has read everything. */
  void readAll() {
    pass(Duration.ofSeconds(1));
    check();
    if (!work().contains("fence")) {
      throw new AssertionError("no fence");
    }
    answerFence();
  }

  void block() {
    block(main());
  }

  /** Blocks a connection, perhaps a lost one, by an alarm. */
  void block(PublishingChannel main) {
    step(effects -> state.onBlocked(main, effects));
  }

  void unblock() {
    state.connection().onUnblocked(main(), now);
  }

  /** Closes a channel. */
  void shutDown(int channel) {
    state.channels().onShutdown(opened.get(channel));
  }

  /** Closes a channel because of a publication. */
  void shutDown(int channel, Refusal why) {
    closeReasons.put(opened.get(channel), why);
    shutDown(channel);
  }

  /** Loses the connection, perhaps because of these refusals. */
  void lose(Refusal... refusals) {
    step(effects -> state.onLost(List.of(refusals), now, effects));
  }

  // The threads that write.

  /** Does all work of the link's thread. Returns the steps in order: see {@link #nextLinkWork}. */
  List<String> work() {
    List<String> done = new ArrayList<>();
    while (true) {
      LinkWork work = takeLinkWork();
      if (work.type() == LinkWork.Type.WAIT) {
        return done;
      }
      done.add(describe(work));
      switch (work.type()) {
        case LEAVE -> {
          return done;
        }
        case WRITE, FENCE -> written(WriteResult.WRITTEN);
        case OPEN -> opened();
        case CLOSE -> {}
        case REMOVE -> {
          Optional<Refusal> why = Optional.ofNullable(closeReasons.get(work.channel()));
          step(effects -> state.removeChannel(work.channel(), why, "closed", now, effects));
        }
        case WAIT -> throw new AssertionError("returned before");
      }
    }
  }

  /**
   * Takes the next step of the link's thread: a message, {@code fence}, {@code open}, {@code close
   * <channel>}, {@code remove <channel>}, {@code wait} or {@code leave}.
   */
  String nextLinkWork() {
    return describe(takeLinkWork());
  }

  private LinkWork takeLinkWork() {
    LinkWork work = state.connection().nextLinkWork(!main().isShutDown(), now);
    switch (work.type()) {
      case WRITE -> begin(work.write().channel());
      case FENCE -> begin(main());
      case REMOVE, CLOSE, OPEN, WAIT, LEAVE -> {}
    }
    return work;
  }

  private String describe(LinkWork work) {
    return switch (work.type()) {
      case WRITE -> describe(work.write());
      case REMOVE -> "remove " + opened.indexOf(work.channel());
      case CLOSE -> "close " + opened.indexOf(work.channel());
      case FENCE -> "fence";
      case OPEN -> "open";
      case WAIT -> "wait";
      case LEAVE -> "leave";
    };
  }

  private String describe(Write write) {
    StringBuilder text = new StringBuilder();
    text.append(opened.indexOf(write.channel())).append(':').append(write.message().number());
    write.message().publications().forEach(each -> text.append(' ').append(nameOf(each)));
    return text.toString();
  }

  private String nameOf(Publication publication) {
    return names.get(publication.encoded());
  }

  /** Takes the next message of a thread that must not block; {@code none} if there is none. */
  String nextUnblockedWrite() {
    Write[] write = new Write[1];
    step(
        effects ->
            write[0] = state.connection().nextUnblockedWrite(!main().isShutDown(), now, effects));
    if (write[0] == null) {
      return "none";
    }
    begin(write[0].channel());
    return describe(write[0]);
  }

  private void begin(PublishingChannel channel) {
    if (writing != null) {
      throw new AssertionError("two threads write");
    }
    writing = channel;
  }

  /** Ends the write that has begun. */
  void written(WriteResult result) {
    PublishingChannel channel = writing;
    writing = null;
    step(effects -> state.connection().onWritten(channel, result, effects));
  }

  /** Ends an {@code open} of the link's thread with a new channel. */
  void opened() {
    state.connection().onChannelOpened(open(), now);
  }

  /** Ends an {@code open} of the link's thread without a channel. */
  void notOpened(NotOpened why) {
    step(effects -> state.connection().onChannelNotOpened(why, effects));
  }

  private void step(Consumer<PublishingEffects> change) {
    PublishingEffects effects = new PublishingEffects();
    change.accept(effects);
    for (Completion each : effects.completions()) {
      outcomes.add(nameOf(each.publication()) + " " + each.outcome());
    }
    effects.notes().forEach(note -> note.accept(journal));
    woken |= effects.wakesThreads();
  }
}
