package io.github.httplongcut.amqp;

import static io.github.httplongcut.amqp.ConsumerFixture.INBOX;
import static io.github.httplongcut.amqp.ConsumerFixture.OWN;
import static io.github.httplongcut.amqp.ConsumerFixture.millis;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.ConsumerState.Loss;
import io.github.httplongcut.amqp.ConsumerState.SentFence;
import io.github.httplongcut.amqp.ConsumerState.Work;
import io.github.httplongcut.amqp.Consumers.Change;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.DiscardReason;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * Simulation around a {@link ConsumerState}: the link's thread, RabbitMQ, the loop and the listener
 * act in random order, one small step at a time, as their threads may. Asserts the invariants that
 * hold in every history.
 */
final class ConsumerHistory {

  private static final long FENCE_TIMEOUT = millis(2_000);
  private static final long NEVER = Long.MAX_VALUE;
  private static final List<String> SHARED = List.of("requests", "orphan");
  private final Random random;
  private final ConsumerState state;
  private long now;
  private long lastArrivalAt;

  // The link's thread.
  private int epochs;
  private ChannelModel channel; // null while there is none
  private final Deque<Runnable> steps = new ArrayDeque<>(); // of its current turn
  private final List<Runnable> stopCallbacks = new ArrayList<>(); // of its current turn
  private long sleepNanos; // from the time at which it went to sleep
  private long asleepSince;
  private boolean woken = true;

  // The loop and the listener.
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private final List<Runnable> held = new ArrayList<>();
  private final Map<Integer, ChannelModel> channels = new HashMap<>();
  private final Set<Integer> consumingTold = new HashSet<>();
  private final Set<Integer> lossTold = new HashSet<>();
  private final Set<Integer> lossExpected = new HashSet<>();
  private final Map<String, Integer> wanted = new HashMap<>();
  private final Set<String> stopped = new HashSet<>();
  private final Set<String> stoppedTold = new HashSet<>();
  private int stops;
  private int stopsTold;
  private int settlementsTold;
  private boolean settledTooEarly;
  private boolean settledTooLate;

  ConsumerHistory(long seed) {
    random = new Random(seed);
    now = Long.MAX_VALUE - millis(random.nextInt(20_000)); // the clock may overflow
    lastArrivalAt = now;
    state = new ConsumerState(Duration.ofNanos(FENCE_TIMEOUT), now);
  }

  /** Plays the steps, then lets everything come to rest. Returns the number of settlements told. */
  int play(int count) {
    for (int i = 0; i < count; i++) {
      step();
      check();
    }
    comeToRest();
    return settlementsTold;
  }

  private void step() {
    switch (random.nextInt(24)) {
      case 0, 1, 2, 3, 4, 5, 6 -> linkStep();
      case 7, 8 -> advance(millis(random.nextInt(30)));
      case 9, 10 -> ifOpen(ChannelModel::processOne);
      case 11, 12 -> deliverReply(epochs - random.nextInt(2)); // or a late one
      case 13, 14, 15, 16 -> runTask();
      case 17, 18, 19 -> deliverMessage();
      case 20 -> handleHeld();
      case 21 -> useConsumers();
      case 22 -> watch();
      default -> rareStep();
    }
  }

  private void rareStep() {
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> breakDown();
      case 3 -> reopen();
      case 4 -> stop();
      case 5 -> beginFlush();
      case 6, 7 -> jump();
      default -> {}
    }
  }

  /** Checks what holds after each step. */
  private void check() {
    require(!settledTooEarly, "settled before the reply to a fence, or twice");
    require(!settledTooLate, "settled after the listener was told of the loss");
    long toWork = state.nanosToWork(now);
    if (channel == null || !state.isOpen(channel.epoch)) {
      require(toWork == NEVER, "there is work without an open channel");
      return;
    }
    if (state.isFlushed(now)) {
      require(channel.isEverythingWritten(), "flushed, but not everything is written");
    }
    if (isAsleep()) {
      require(toWork >= sleepNanos - (now - asleepSince), "the link's thread sleeps too long");
      require(
          channel.longestDelay(now) <= PendingAcks.ACK_DELAY.toNanos(), "an ack waits too long");
    }
  }

  /** Checks without AssertJ, which takes most of the time of a history. */
  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  private void comeToRest() {
    if (channel != null && random.nextBoolean()) {
      breakDown();
    }
    for (int i = 0; i < 20; i++) {
      runUntilAsleep();
      advance(millis(10));
    }
    assertThat(channel.open).as("open").isTrue();
    assertThat(state.isConsuming()).as("consuming").isTrue();
    assertThat(channel.isEverythingWritten()).as("everything is written").isTrue();
    assertThat(channel.isEverySettlementTold()).as("every settlement is told").isTrue();
    lossExpected.remove(channel.epoch);
    assertThat(lossTold).as("losses told").isEqualTo(lossExpected);
    assertThat(stopsTold).as("stops told").isEqualTo(stops);
    for (String queue : SHARED) {
      assertThat(channel.prefetchOf(queue))
          .as("prefetch of " + queue)
          .isEqualTo(stopped.contains(queue) ? 0 : wanted.getOrDefault(queue, 0));
    }
    assertThat(channel.prefetchOf(INBOX)).isEqualTo(stopped.contains(INBOX) ? 0 : 50);
    beginFlush();
    runUntilAsleep();
    assertThat(state.isFlushed(now)).as("flushed").isTrue();
  }

  private void runUntilAsleep() {
    boolean moved = true;
    while (moved) {
      moved = channel == null || !isAsleep() || !tasks.isEmpty();
      linkStep();
      runTask();
      moved |= channel != null && channel.open && channel.processOne();
      moved |= deliverReply(epochs - 1);
      moved |= deliverReply(epochs);
      check();
    }
  }

  // The link's thread.

  private boolean isAsleep() {
    return channel != null
        && steps.isEmpty()
        && !woken
        && (sleepNanos == NEVER || now - asleepSince < sleepNanos);
  }

  private void linkStep() {
    if (channel == null) {
      open();
    } else if (!steps.isEmpty()) {
      if (channel.open) {
        steps.poll().run();
      } else {
        lose(); // the write fails
      }
    } else if (!isAsleep()) {
      beginTurn();
    }
  }

  private void open() {
    channel = new ChannelModel(++epochs);
    channels.put(epochs, channel);
    woken = true;
    ChannelModel opened = channel;
    state.open(epochs, OWN, now).forEach(change -> steps.add(() -> apply(change)));
    steps.add(
        () -> {
          state.onConsumed();
          lossExpected.add(opened.epoch);
          tasks.add(() -> tellConsuming(opened.epoch));
        });
  }

  private void beginTurn() {
    woken = false;
    state.onWorkDone();
    if (!state.isOpen(channel.epoch) || !channel.open) {
      lose();
      return;
    }
    long nanos = state.nanosToWork(now);
    if (nanos > 0) {
      sleepNanos = nanos;
      asleepSince = now;
      return;
    }
    ChannelModel current = channel;
    Work work = state.takeWork();
    work.changes().forEach(change -> steps.add(() -> apply(change)));
    stopCallbacks.addAll(work.stopped());
    steps.add(this::tellStops);
    work.writes().rejections().forEach(tag -> steps.add(() -> current.writeReject(tag)));
    work.writes().acks().forEach(ack -> steps.add(() -> current.writeAck(ack)));
    steps.add(() -> state.takeFence(now).ifPresent(current::writeFence));
  }

  private void apply(Change change) {
    if (change.started().isPresent()) {
      assertThat(stoppedTold).as("stopped queues").doesNotContain(change.queue());
    }
    channel.apply(change);
  }

  private void tellStops() {
    tasks.addAll(stopCallbacks);
    stopCallbacks.clear();
  }

  private void lose() {
    ChannelModel lost = channel;
    channel = null;
    steps.clear();
    lost.breakDown(random.nextBoolean()); // after a reopen the link's thread closes the channel
    lost.onOver();
    Loss loss = state.onLost();
    tellStops();
    tasks.addAll(loss.stopped());
    assertThat(loss.mustBeTold()).as("told").isEqualTo(lossExpected.contains(lost.epoch));
    if (loss.mustBeTold()) {
      tasks.add(() -> tellLost(lost.epoch));
    }
  }

  // RabbitMQ.

  private interface Action {
    void on(ChannelModel channel);
  }

  private void ifOpen(Action action) {
    if (channel != null && channel.open) {
      action.on(channel);
    }
  }

  /** Delivers the reply to a fence of this epoch, if RabbitMQ has sent one. */
  private boolean deliverReply(int epoch) {
    if (!channels.containsKey(epoch)) {
      return false;
    }
    Optional<SentFence> reply = channels.get(epoch).takeReply();
    reply.ifPresent(
        fence -> {
          woken |= state.onFenceAnswered(fence);
          tasks.add(() -> state.settledBy(fence).forEach(Delivery::onSettled));
        });
    return reply.isPresent();
  }

  private void deliverMessage() {
    if (channel == null || !channel.open) {
      return;
    }
    ChannelModel from = channel;
    Delivery delivery = ConsumerFixture.delivery(new Source(from), from.deliver());
    boolean open = state.isOpen(channel.epoch);
    lastArrivalAt = now;
    assertThat(state.onArrival(channel.epoch)).isEqualTo(open);
    if (open) {
      lossExpected.add(channel.epoch);
      tasks.add(
          () -> {
            if (!delivery.isLost()) {
              assertThat(lossTold).as("epochs lost").doesNotContain(from.epoch);
              handle(delivery, from);
            }
          });
    }
  }

  private void breakDown() {
    ifOpen(
        open -> {
          open.breakDown(random.nextBoolean());
          woken = true; // the client reports it
        });
  }

  // The loop and the listener.

  private void runTask() {
    Runnable task = tasks.poll();
    if (task != null) {
      task.run();
    }
  }

  private void tellConsuming(int epoch) {
    state.onConsumingTold(epoch);
    assertThat(lossTold).as("a loss between two starts").containsAll(consumingTold);
    consumingTold.add(epoch);
    wanted.clear();
  }

  private void tellLost(int epoch) {
    state.onLossTold(epoch);
    assertThat(lossTold.add(epoch)).as("told once").isTrue();
    wanted.clear();
  }

  /** Handles a delivery, or holds it until its channel may be lost. */
  private void handle(Delivery delivery, ChannelModel of) {
    switch (random.nextInt(5)) {
      case 0 -> delivery.done();
      case 1 -> delivery.reject();
      case 2, 3 -> settle(delivery, of);
      default -> held.add(() -> handle(delivery, of));
    }
  }

  private void handleHeld() {
    if (!held.isEmpty()) {
      held.remove(random.nextInt(held.size())).run();
    }
  }

  private void settle(Delivery delivery, ChannelModel of) {
    delivery.settle(
        () -> {
          // Checked after the step, since the delivery would catch an exception.
          settledTooLate |= lossTold.contains(of.epoch);
          settledTooEarly |= !of.onSettledTold(delivery.tag());
          settlementsTold++;
        });
  }

  /** Asks for a prefetch. The model follows what the listener knows. */
  private void useConsumers() {
    String queue = SHARED.get(random.nextInt(SHARED.size()));
    int prefetch = random.nextInt(4) * 10;
    state.consume(queue, prefetch);
    woken = true;
    int known = consumingTold.stream().mapToInt(i -> i).max().orElse(0);
    if (known > 0 && !lossTold.contains(known)) {
      wanted.put(queue, prefetch);
    }
  }

  private void stop() {
    String queue = random.nextBoolean() ? INBOX : SHARED.get(random.nextInt(SHARED.size()));
    stops++;
    stopped.add(queue);
    tasks.addAll(state.stop(Set.of(queue), () -> onStopped(queue)));
    woken = true;
  }

  private void onStopped(String queue) {
    stopsTold++;
    stoppedTold.add(queue);
    if (channel != null) {
      assertThat(channel.prefetchOf(queue)).as("prefetch of a stopped queue").isZero();
    }
  }

  private void reopen() {
    state.reopen(); // the link's thread still writes what it has taken
    woken = true;
  }

  private void beginFlush() {
    state.beginFlush();
    woken = true;
  }

  // The clock and the watchdog.

  /** Lets time pass, but not beyond the time at which the link's thread wakes up. */
  private void advance(long nanos) {
    boolean sleeps = isAsleep() && sleepNanos != NEVER;
    now += sleeps ? Math.min(nanos, sleepNanos - (now - asleepSince)) : nanos;
  }

  /** Suspends the process, or only delays all its threads. */
  private void jump() {
    if (isAsleep() && sleepNanos != NEVER) {
      return; // the check of the delays assumes a thread that wakes up in time
    }
    now += millis(5_000);
    if (random.nextBoolean()) {
      state.onSuspended(now);
      assertThat(state.isSilent(now, now - lastArrivalAt))
          .as("silent after a suspension")
          .isFalse();
    }
  }

  private void watch() {
    if (state.isSilent(now, now - lastArrivalAt)) {
      assertThat(channel.isFenceOutstanding()).as("a fence is outstanding").isTrue();
      breakDown();
    }
    woken |= state.requestFenceIfQuiet(now);
  }

  /** The channel of a delivery, as the listener sees it. */
  private final class Source implements Delivery.Source {
    private final ChannelModel channel;

    Source(ChannelModel channel) {
      this.channel = channel;
    }

    @Override
    public void ack(Delivery delivery) {
      if (isOpen()) {
        channel.onAck(delivery.tag(), now);
      }
      woken |= state.ack(channel.epoch, delivery.tag(), now);
    }

    @Override
    public void discard(Delivery delivery, DiscardReason reason) {
      ack(delivery);
    }

    @Override
    public void reject(Delivery delivery) {
      if (isOpen()) {
        channel.onReject(delivery.tag(), now);
      }
      state.reject(channel.epoch, delivery.tag());
      woken = true;
    }

    @Override
    public void settle(Delivery delivery) {
      if (isOpen()) {
        channel.onSettle(delivery.tag(), now);
      }
      state.settle(channel.epoch, delivery, now);
      woken = true;
    }

    @Override
    public boolean isOpen() {
      return state.isOpen(channel.epoch);
    }
  }
}
