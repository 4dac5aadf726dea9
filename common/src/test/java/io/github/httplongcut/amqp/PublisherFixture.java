package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.Outcomes.Completion;
import io.github.httplongcut.amqp.PublishingConnection.WriteResult;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.BatchKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A {@link PublisherState} at made-up times, with RabbitMQ and the link's thread played by the
 * test. Collects the outcomes, as {@code <name> <outcome>}, and the journal's notes.
 */
final class PublisherFixture implements PublishingJournal {

  static final Duration CONFIRM_TIMEOUT = Duration.ofSeconds(5);
  static final long MAX_UNBLOCKED_BYTES = 64 * 1024;

  private static final ProcessId ID = ProcessId.parse("broker.test-abcdef");

  /** Start of the made-up time. The clock overflows soon. */
  private static final long START = Long.MAX_VALUE - Duration.ofSeconds(1).toNanos();

  private final List<String> outcomes = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final List<String> names = new ArrayList<>();
  private final List<Publication> publications = new ArrayList<>();
  private final List<PublishingChannel> opened = new ArrayList<>();
  final PublisherState state;
  private PublishingChannel main;
  private long now = START;
  private boolean woken;

  PublisherFixture(boolean cluster) {
    state =
        new PublisherState(new PublisherLimits(CONFIRM_TIMEOUT, 1024 * 1024, cluster), START - 1);
  }

  /** Takes the effects of a step, which the test has passed to the state. */
  void apply(PublishingEffects effects) {
    for (Completion each : effects.completions()) {
      outcomes.add(nameOf(each.publication()) + " " + each.outcome());
    }
    effects.notes().forEach(note -> note.accept(this));
    woken |= effects.wakesThreads();
  }

  /** Returns the outcomes since the last call. */
  List<String> outcomes() {
    List<String> taken = List.copyOf(outcomes);
    outcomes.clear();
    return taken;
  }

  /** Returns the journal's notes since the last call. */
  List<String> notes() {
    List<String> taken = List.copyOf(notes);
    notes.clear();
    return taken;
  }

  /** Returns whether waiting threads were woken since the last call. */
  boolean woken() {
    boolean was = woken;
    woken = false;
    return was;
  }

  long now() {
    return now;
  }

  void pass(Duration time) {
    now += time.toNanos();
  }

  /** Connects. Channels have the numbers of {@link #channel}, the main one 0. */
  void connect() {
    connect(0);
  }

  void connect(int channelMax) {
    opened.clear();
    main = open();
    PublishingEffects effects = new PublishingEffects();
    state.onOpened(main, channelMax, MAX_UNBLOCKED_BYTES, now, effects);
    apply(effects);
  }

  PublishingChannel open() {
    PublishingChannel channel = new PublishingChannel(new PublishingChannel.Handle() {});
    opened.add(channel);
    return channel;
  }

  PublishingChannel main() {
    return main;
  }

  /** Returns the channel that was opened as this number on the current connection. */
  PublishingChannel channel(int number) {
    return opened.get(number);
  }

  int channels() {
    return opened.size();
  }

  void lose(Refusal... refusals) {
    PublishingEffects effects = new PublishingEffects();
    state.onLost(List.of(refusals), now, effects);
    apply(effects);
  }

  /** Publishes an event that many tenants' or no tenant's queue gets; the key decides. */
  boolean publish(String name, String key, Publication.Tries tries) {
    Event event =
        key.isEmpty()
            ? new Event.BrokerHello(ID, name)
            : new Event.ClientRequestAck(UUID.randomUUID(), UUID.randomUUID(), ID);
    return publish(
        name, Publication.of(event, key, now + Duration.ofMinutes(1).toNanos()).tried(tries));
  }

  boolean publish(String name, Publication publication) {
    names.add(name);
    publications.add(publication);
    PublishingEffects effects = new PublishingEffects();
    boolean added = state.publish(publication, now, effects);
    apply(effects);
    return added;
  }

  private String nameOf(Publication publication) {
    for (int i = 0; i < publications.size(); i++) {
      // A nack makes a copy, so the encoded event identifies a publication.
      if (publications.get(i).encoded() == publication.encoded()) {
        return names.get(i);
      }
    }
    throw new AssertionError("never published: " + publication);
  }

  /**
   * Does all work of the link's thread. Returns it in order: {@code <channel>:<number> <names>} for
   * a message, {@code open}, {@code close <channel>}, {@code remove <channel>}, {@code fence},
   * {@code leave}.
   */
  List<String> work() {
    List<String> done = new ArrayList<>();
    while (true) {
      LinkWork work = state.connection().nextLinkWork(main != null && !main.isShutDown(), now);
      PublishingEffects effects = new PublishingEffects();
      switch (work.type()) {
        case WAIT -> {
          return done;
        }
        case LEAVE -> {
          done.add("leave");
          return done;
        }
        case FENCE -> {
          done.add("fence");
          state.connection().onWritten(main, WriteResult.WRITTEN, effects);
        }
        case WRITE -> {
          done.add(describe(work.write()));
          state.connection().onWritten(work.write().channel(), WriteResult.WRITTEN, effects);
        }
        case OPEN -> {
          done.add("open");
          state.connection().onChannelOpened(open(), now);
        }
        case CLOSE -> done.add("close " + opened.indexOf(work.channel()));
        case REMOVE -> {
          done.add("remove " + opened.indexOf(work.channel()));
          state.removeChannel(work.channel(), Optional.empty(), "closed", now, effects);
        }
      }
      apply(effects);
    }
  }

  /** Describes a message as {@code <channel>:<number> <names>}. */
  String describe(PublishingChannel.Write write) {
    StringBuilder text = new StringBuilder();
    text.append(opened.indexOf(write.channel())).append(':').append(write.message().number());
    write.message().publications().forEach(each -> text.append(' ').append(nameOf(each)));
    return text.toString();
  }

  void confirm(int channel, long number) {
    PublishingEffects effects = new PublishingEffects();
    state.onConfirmed(opened.get(channel), number, false, now, effects);
    apply(effects);
  }

  void nack(int channel, long number) {
    PublishingEffects effects = new PublishingEffects();
    state.onNacked(opened.get(channel), number, false, now, effects);
    apply(effects);
  }

  void answerFence() {
    PublishingEffects effects = new PublishingEffects();
    state.connection().onFenceAnswered(main, effects);
    apply(effects);
  }

  void block() {
    PublishingEffects effects = new PublishingEffects();
    state.onBlocked(main, effects);
    apply(effects);
  }

  void unblock() {
    state.connection().onUnblocked(main, now);
  }

  void shutDown(int channel) {
    state.channels().onShutdown(opened.get(channel));
  }

  /** Runs the check of every 200 ms. */
  void check() {
    PublishingEffects effects = new PublishingEffects();
    state.checkTimeouts(now, effects);
    apply(effects);
  }

  void close() {
    PublishingEffects effects = new PublishingEffects();
    state.close(now, effects);
    apply(effects);
  }

  boolean isSilent() {
    return state.connection().isSilent(now);
  }

  @Override
  public void tooLong(Publication publication, int bytes, long suppressed) {
    notes.add("too long");
  }

  @Override
  public void queueConfirmsNothing(BatchKey key, Duration timeout, long suppressed) {
    notes.add("confirms nothing: " + key.routingKey());
  }

  @Override
  public void replacedForNacks() {
    notes.add("replaced for nacks");
  }

  @Override
  public void channelsLimited(int most) {
    notes.add("limited to " + most);
  }

  @Override
  public void channelClosed(String why, long suppressed) {
    notes.add("channel closed: " + why);
  }
}
