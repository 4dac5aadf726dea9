package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.SimulatedChannel.Message;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.Batching;
import io.github.httplongcut.session.Publication.Tries;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * Random history of a {@link CheckedPublisher}: the session, RabbitMQ, the network and the threads
 * act in random order, within their contracts.
 */
final class PublisherHistory {

  static final String SLOW_INBOX = "slow.a-abcdef";

  private static final List<String> INBOXES =
      List.of(SLOW_INBOX, "acme.a-abcdef", "acme.b-abcdef", "plant.a-abcdef", "more.a-abcdef");

  private static final Duration CONFIRM_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration QUIET_ROUND = Duration.ofMillis(50);
  private static final int QUIET_ROUNDS = 200;
  private static final int BURST = 40;
  private static final int STEPS_AFTER_CLOSE = 30;

  private final Random random;
  private final CheckedPublisher publisher;
  private final SimulatedWriters writers;

  /** True if the inboxes of the tenant {@code slow} hardly ever confirm. */
  private final boolean slowTenant;

  private final int nackPercent;
  private final int troublePercent;

  PublisherHistory(long seed) {
    random = new Random(seed);
    int window = oneOf(8 * 1024, 64 * 1024, 1024 * 1024);
    publisher =
        new CheckedPublisher(
            new PublisherLimits(CONFIRM_TIMEOUT, window, random.nextBoolean()),
            Math.min(window, oneOf(0, 2 * 1024, 16 * 1024)));
    writers = new SimulatedWriters(random, publisher, oneOf(0, 0, 1, 2, 3, 4));
    slowTenant = random.nextBoolean();
    nackPercent = oneOf(0, 0, 5, 40, 95);
    troublePercent = oneOf(0, 1, 5);
  }

  private int oneOf(int... values) {
    return values[random.nextInt(values.length)];
  }

  private <T> T oneOf(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  CheckedPublisher publisher() {
    return publisher;
  }

  /** Plays the steps, then lets all publications end. */
  void play(int steps) {
    for (int step = 0; step < steps; step++) {
      step();
    }
    if (random.nextInt(3) != 0) {
      becomeQuiet();
    }
    end();
  }

  private void step() {
    int choice = random.nextInt(100);
    if (choice < 14) {
      publish();
    } else if (choice < 40) {
      writers.stepOfLink();
    } else if (choice < 56) {
      writers.stepOfOthers();
    } else if (choice < 72) {
      answer();
    } else if (choice < 85) {
      pass();
    } else if (choice < 91) {
      check();
    } else if (choice < 95) {
      actOnSession();
    } else if (choice < 97) {
      actOnAlarm();
    } else if (random.nextInt(5) < troublePercent) {
      actOnTrouble();
    }
  }

  // The session.

  private void publish() {
    if (random.nextInt(40) != 0) {
      publish(publication());
      return;
    }
    for (int i = 0; i < BURST; i++) { // more than a tenant may have unconfirmed
      long giveUpAt = publisher.now() + Duration.ofMinutes(1).toNanos();
      publish(TestPublications.ack(SLOW_INBOX, giveUpAt).batched(Batching.ALONE));
    }
  }

  private void publish(Publication publication) {
    if (publisher.publish(publication)) {
      switch (random.nextInt(3)) {
        case 0 -> publisher.wakeLink(); // outside of the loop
        case 1 -> publisher.wakeLinkIfNeeded(); // another task waits
        default -> writers.look();
      }
    }
  }

  private Publication publication() {
    long giveUpAt = publisher.now() + Duration.ofMillis(oneOf(5, 300, 3_000, 60_000)).toNanos();
    String text = "v".repeat(1 + random.nextInt(random.nextInt(10) == 0 ? 4_000 : 200));
    Batching batching =
        oneOf(List.of(Batching.ALONE, Batching.ANY, Batching.ANY, Batching.UNHURRIED));
    Tries tries = oneOf(List.of(Tries.values()));
    return switch (random.nextInt(8)) {
      case 0 -> TestPublications.request(text, giveUpAt).batched(batching);
      case 1 -> TestPublications.error(text, giveUpAt).batched(batching).tried(tries);
      case 2, 3 -> TestPublications.hello(text, giveUpAt).batched(batching).tried(tries);
      default -> TestPublications.ack(inbox(), giveUpAt).batched(batching).tried(tries);
    };
  }

  private String inbox() {
    return slowTenant && random.nextBoolean() ? SLOW_INBOX : oneOf(INBOXES);
  }

  private void actOnSession() {
    switch (random.nextInt(4)) {
      case 0 -> publisher.hold(random.nextInt(3) == 0);
      case 1 -> publisher.suspended();
      default -> withdraw();
    }
  }

  private void withdraw() {
    List<TrackedPublication> open =
        publisher.publications().all().stream()
            .filter(each -> !each.hasEnded() && !each.isCopied()) // the session knows no copy
            .toList();
    if (!open.isEmpty()) {
      publisher.withdraw(oneOf(open));
    }
  }

  private void pass() {
    switch (random.nextInt(100)) {
      case 0 -> {
        passUpTo(PublishingChannels.MAX_IDLE.multipliedBy(2));
        publisher.suspended();
      }
      case 1, 2 -> passUpTo(CONFIRM_TIMEOUT.multipliedBy(2));
      case 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 -> passUpTo(Duration.ofSeconds(1));
      default -> passUpTo(Duration.ofMillis(4));
    }
  }

  private void passUpTo(Duration most) {
    publisher.pass(Duration.ofNanos((long) (random.nextDouble() * most.toNanos())));
  }

  private void check() {
    if (publisher.check()) {
      publisher.connection().cut();
    }
  }

  // RabbitMQ.

  /** Answers a message or a fence, or delivers a close of a channel. */
  private void answer() {
    SimulatedChannel main = publisher.connection().main();
    int choice = random.nextInt(10);
    if (choice == 0 && main != null && publisher.connection().isFenceOutstanding()) {
      publisher.answerFence(main);
    } else if (choice == 1) {
      undeliveredCloses().stream().findAny().ifPresent(publisher::shutDown);
    } else if (choice == 2 && !writers.all().isEmpty()) {
      answerLate(oneOf(writers.all()));
    } else {
      answerMessage();
    }
  }

  /** Returns the closed channels of which the publisher was not told. */
  private List<SimulatedChannel> undeliveredCloses() {
    return writers.all().stream().filter(each -> !each.open && !each.closeDelivered).toList();
  }

  /** Passes on a reply for a message of a lost connection. */
  private void answerLate(SimulatedChannel channel) {
    if (channel.gone) {
      int number = 1 + random.nextInt(20);
      switch (random.nextInt(6)) {
        case 0 -> publisher.returnMessage(channel, number);
        case 1 -> publisher.nack(channel, number, random.nextBoolean());
        case 2 -> publisher.answerFence(channel);
        case 3 -> publisher.block(channel);
        case 4 -> publisher.unblock(channel);
        default -> {
          publisher.confirm(channel, number, random.nextBoolean());
          writers.look();
        }
      }
    }
  }

  private void answerMessage() {
    List<Message> arrived =
        publisher.connection().unanswered().filter(each -> each.arrived).toList();
    if (arrived.isEmpty()) {
      return;
    }
    Message message = oneOf(arrived);
    boolean slow = slowTenant && message.written.key().routingKey().equals(SLOW_INBOX);
    if (slow && !message.givenUp && random.nextInt(30) != 0) {
      return;
    }
    if (random.nextInt(100) < nackPercent) {
      publisher.nack(message.channel, message.written.number(), random.nextInt(5) == 0);
    } else if (random.nextInt(10) == 0) {
      publisher.returnMessage(message.channel, message.written.number());
    } else {
      confirm(message);
    }
  }

  private void confirm(Message message) {
    publisher.confirm(message.channel, message.written.number(), random.nextInt(5) == 0);
    writers.look(); // the reader then looks for a message that it can write
  }

  private void actOnAlarm() {
    SimulatedChannel main = publisher.connection().main();
    if (main != null) {
      if (publisher.connection().isBlocked()) {
        publisher.unblock(main);
      } else if (random.nextInt(3) == 0) {
        publisher.block(main);
      }
    }
  }

  /** Closes a channel, or the connection. */
  private void actOnTrouble() {
    List<SimulatedChannel> channels = publisher.connection().channels();
    if (channels.size() > 1 && random.nextInt(3) != 0) {
      channels.get(1 + random.nextInt(channels.size() - 1)).open = false;
    } else {
      publisher.connection().cut();
    }
  }

  // The end.

  /** Lets all faults end, and RabbitMQ confirm everything, until nothing waits. */
  private void becomeQuiet() {
    writers.calmDown();
    publisher.hold(false);
    if (publisher.connection().isBlocked()) {
      publisher.unblock(publisher.connection().main());
    }
    for (int round = 0; round < QUIET_ROUNDS && !publisher.isDone(); round++) {
      undeliveredCloses().forEach(publisher::shutDown);
      writers.run();
      publisher
          .connection()
          .unanswered()
          .filter(each -> each.arrived)
          .toList()
          .forEach(this::confirm);
      writers.run();
      publisher.pass(QUIET_ROUND);
      if (round % 4 == 0) {
        check();
      }
    }
    assertThat(publisher.isDone()).as("done in a quiet relay").isTrue();
  }

  /** Closes the publisher, and lets the link's thread leave. */
  private void end() {
    publisher.close();
    for (int i = 0; i < STEPS_AFTER_CLOSE; i++) {
      step();
    }
    writers.leave();
    for (SimulatedChannel each : writers.all()) {
      publisher.confirm(each, Long.MAX_VALUE, true);
    }
    assertThat(publisher.isDone()).as("done at the end").isTrue();
    assertThat(publisher.publications().all()).allMatch(TrackedPublication::hasEnded);
  }
}
