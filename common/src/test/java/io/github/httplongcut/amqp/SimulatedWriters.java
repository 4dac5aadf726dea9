package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.PublishingConnection.NotOpened;
import io.github.httplongcut.amqp.PublishingConnection.WriteResult;
import io.github.httplongcut.amqp.SimulatedChannel.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;

/**
 * The link's thread and the other threads that write, in a {@link PublisherHistory}. Each step is
 * one moment of one thread, so that other events happen while a thread writes, opens a channel or
 * is about to look for a message.
 */
final class SimulatedWriters {

  /** Stage of the link's thread. */
  private enum Stage {
    DISCONNECTED,
    /** It is about to take its next work. */
    RUNNING,
    WAITING,
    /** It writes, or opens or removes a channel. */
    WORKING,
    /** It is about to note the loss of the connection. */
    LEAVING
  }

  private static final int MAX_STEPS = 10_000;

  private final Random random;
  private final CheckedPublisher publisher;
  private final int channelMax;
  private final List<SimulatedChannel> all = new ArrayList<>();
  private Stage stage = Stage.DISCONNECTED;
  private LinkWork work = LinkWork.WAIT;
  private OptionalLong wakesAt = OptionalLong.empty();
  private long waitsSince;

  /**
   * True if the window may have been too full for the next message. Then the link's thread waits
   * for RabbitMQ's next reply, and takes messages that are held meanwhile no sooner.
   */
  private boolean mayWaitForRoom;

  /** The message that a thread writes. */
  private Optional<Message> writing = Optional.empty();

  /** Number of other threads that are about to look for a message. */
  private int looking;

  private boolean calm;

  SimulatedWriters(Random random, CheckedPublisher publisher, int channelMax) {
    this.random = random;
    this.publisher = publisher;
    this.channelMax = channelMax;
  }

  /** Returns all channels so far, those of lost connections included. */
  List<SimulatedChannel> all() {
    return all;
  }

  private SimulatedChannel newChannel(String kind) {
    SimulatedChannel channel = new SimulatedChannel(kind + all.size());
    all.add(channel);
    return channel;
  }

  /** Ends all faults: from now on writes do not fail, and channels are opened. */
  void calmDown() {
    calm = true;
  }

  /** Lets all threads work until they wait. */
  void run() {
    int steps = 0;
    do {
      stepOfOthers();
      stepOfLink();
      if (++steps > MAX_STEPS) {
        throw new AssertionError("the threads do not come to rest");
      }
    } while (looking > 0 || writing.isPresent() || stage != Stage.WAITING);
    stepOfLink(); // wakes up once more, and finds no work
  }

  /** Lets the link's thread leave the connection, if there is one. */
  void leave() {
    while (stage != Stage.DISCONNECTED || writing.isPresent()) {
      stepOfOthers();
      stepOfLink();
    }
  }

  // The link's thread.

  /** Does the next step of the link's thread, if it has one. */
  void stepOfLink() {
    switch (stage) {
      case DISCONNECTED -> {
        publisher.connected(newChannel("main"), channelMax);
        stage = Stage.RUNNING;
      }
      case RUNNING -> takeWork();
      case WAITING -> wakeUp();
      case WORKING -> {
        finishWork();
        work = LinkWork.WAIT;
      }
      case LEAVING -> {
        publisher.lost(!calm && random.nextInt(8) == 0 ? List.of(refusal()) : List.of());
        stage = Stage.DISCONNECTED;
      }
    }
  }

  private void takeWork() {
    work = publisher.nextLinkWork();
    switch (work.type()) {
      case WAIT -> {
        wakesAt = publisher.linkWakesAt();
        waitsSince = publisher.now();
        mayWaitForRoom = wakesAt.isEmpty() && publisher.mayLackRoom();
        boolean unused = publisher.takeWoken(); // it was awake
        stage = Stage.WAITING;
      }
      case LEAVE -> stage = Stage.LEAVING;
      case CLOSE -> {
        SimulatedChannel.of(work.channel()).open = false;
        stage = Stage.RUNNING;
      }
      case WRITE -> {
        begin(publisher.messageOf(work.write()));
        stage = Stage.WORKING;
      }
      case FENCE, OPEN, REMOVE -> stage = Stage.WORKING;
    }
  }

  private void wakeUp() {
    boolean due = wakesAt.isPresent() && publisher.now() - wakesAt.getAsLong() >= 0;
    if (publisher.takeWoken() || due) {
      stage = Stage.RUNNING;
    } else if (looking == 0
        && writing.isEmpty()
        && (!mayWaitForRoom || publisher.now() == waitsSince)) {
      takeWork(); // a spurious wake-up
      boolean cut = !publisher.connection().main().open; // the close will wake it
      if (stage != Stage.WAITING && !cut) {
        throw new AssertionError("the link's thread was not woken for this: " + work);
      }
    }
  }

  private void finishWork() {
    switch (work.type()) {
      case WRITE -> {
        boolean mainsChannel = publisher.connection().main().state == work.write().channel();
        WriteResult result = finishWrite();
        boolean goesOn =
            result == WriteResult.WRITTEN
                || (result == WriteResult.CHANNEL_CLOSED && !mainsChannel);
        stage = goesOn ? Stage.RUNNING : Stage.LEAVING;
      }
      case FENCE -> {
        boolean open = publisher.connection().main().open;
        publisher.written(open ? WriteResult.WRITTEN : WriteResult.FAILED);
        stage = open ? Stage.RUNNING : Stage.LEAVING;
      }
      case OPEN -> stage = finishOpening() ? Stage.RUNNING : Stage.LEAVING;
      case REMOVE -> {
        Optional<Refusal> why =
            !calm && random.nextInt(4) == 0 ? Optional.of(refusal()) : Optional.empty();
        publisher.removeChannel(SimulatedChannel.of(work.channel()), why);
        stage = Stage.RUNNING;
      }
      case WAIT, LEAVE, CLOSE -> throw new AssertionError(work);
    }
  }

  /** Opens a channel or not. Returns whether the link's thread goes on with the connection. */
  private boolean finishOpening() {
    boolean open = publisher.connection().main().open;
    if (!open || (publisher.connection().isBlocked() && random.nextBoolean())) {
      publisher.channelNotOpened(NotOpened.FAILED);
      return open; // without a reply during an alarm, the link's thread goes on
    }
    int chance = calm ? 40 : random.nextInt(40);
    if (chance == 0) {
      publisher.connection().cut();
      publisher.channelNotOpened(NotOpened.USER_IS_AT_LIMIT);
      return false;
    }
    if (chance < 3) {
      publisher.channelNotOpened(NotOpened.CONNECTION_IS_FULL);
      return true;
    }
    SimulatedChannel channel = newChannel("c");
    if (chance < 6) {
      channel.open = false;
      publisher.shutDown(channel);
    }
    publisher.channelOpened(channel);
    return true;
  }

  private Refusal refusal() {
    return random.nextBoolean()
        ? new Refusal.TooLong(2_000)
        : new Refusal.Forbidden("client_request_ack", Optional.of(PublisherHistory.SLOW_INBOX));
  }

  // Other threads.

  /** Lets one more thread look for a message that it can write. */
  void look() {
    looking++;
  }

  /** Does the next step of another thread than the link's, if there is one. */
  void stepOfOthers() {
    if (writing.isPresent() && work.type() != LinkWork.Type.WRITE) {
      finishWrite();
      looking++; // it goes on
    } else if (looking > 0) {
      looking--;
      publisher.nextUnblockedWrite().ifPresent(this::begin);
    }
  }

  /** Begins a write. RabbitMQ may receive and answer the message before the write ends. */
  private void begin(Message message) {
    message.arrived = message.channel.open && random.nextBoolean();
    writing = Optional.of(message);
  }

  private WriteResult finishWrite() {
    Message message = writing.orElseThrow();
    writing = Optional.empty();
    WriteResult result = WriteResult.WRITTEN;
    if (!message.channel.open) {
      result = random.nextBoolean() ? WriteResult.CHANNEL_CLOSED : WriteResult.WRITTEN;
    } else if (!calm && random.nextInt(60) == 0) {
      result = WriteResult.FAILED;
    } else {
      message.arrived = true;
    }
    publisher.written(result);
    return result;
  }
}
