package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.WireLimits;
import io.github.httplongcut.session.Publication.Batching;
import io.github.httplongcut.session.Publication.Tries;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Outcomes of publications, and their way across lost connections. */
class PublisherStateTest {

  private static final Duration REFUSALS_LAST = Duration.ofSeconds(30);

  private final PublisherFixture fixture = new PublisherFixture(false);

  @BeforeEach
  void connect() {
    fixture.connect();
  }

  // Confirms, returns and nacks.

  @Test
  void aConfirmOfSeveralMessagesConfirmsAllUpToItsNumber() {
    for (String name : new String[] {"a", "b", "c"}) {
      fixture.publish(name, fixture.hello(name).batched(Batching.ALONE));
    }
    assertThat(fixture.work()).containsExactly("0:1 a", "0:2 b", "0:3 c");

    fixture.confirmUpTo(0, 2);

    assertThat(fixture.outcomes()).containsExactly("a CONFIRMED", "b CONFIRMED");
    assertThat(fixture.unconfirmed()).isOne();
  }

  @Test
  void eachPublicationOfAMessageGetsTheOutcomeOfTheMessage() {
    fixture.publish("a", Tries.UNTIL_CONFIRMED);
    fixture.publish("b", Tries.ONCE);
    assertThat(fixture.work()).containsExactly("0:1 a b");

    fixture.confirm(0, 1);
    fixture.confirm(0, 1);

    assertThat(fixture.outcomes()).containsExactly("a CONFIRMED", "b CONFIRMED");
    assertThat(fixture.state.isDone()).isTrue();
  }

  @Test
  void aMessageReturnedBeforeItsConfirmIsReturned() {
    fixture.publish("a", Tries.UNTIL_CONFIRMED);
    fixture.work();

    fixture.returnMessage(0, 1);
    assertThat(fixture.outcomes()).isEmpty();
    fixture.confirm(0, 1);

    assertThat(fixture.outcomes()).containsExactly("a RETURNED");
  }

  @Test
  void aNackedRequestGetsItsOutcomeAtOnce() {
    fixture.publish("a", Tries.ONCE);
    fixture.work();

    fixture.nack(0, 1);

    assertThat(fixture.outcomes()).containsExactly("a NACKED");
  }

  @Test
  void aNackAfterTheCloseIsAnOutcome() {
    fixture.publish("a", Tries.UNTIL_CONFIRMED);
    assertThat(fixture.work()).containsExactly("0:1 a");

    fixture.close();
    fixture.nack(0, 1);

    assertThat(fixture.outcomes()).containsExactly("a NACKED");
    assertThat(fixture.state.isDone()).isTrue();
  }

  // Lost connections.

  @Test
  void aLateConfirmOfALostChannelIsIgnored() {
    fixture.publish("a", Tries.ONCE);
    fixture.work();
    PublishingChannel last = fixture.main();
    fixture.lose();
    fixture.connect();
    fixture.publish("b", Tries.ONCE);
    assertThat(fixture.work()).containsExactly("0:1 b");

    fixture.confirm(last, 1);
    fixture.block(last);
    fixture.returnMessage(0, 1);
    fixture.confirm(0, 1);

    assertThat(fixture.outcomes()).containsExactly("a UNKNOWN", "b RETURNED");
    assertThat(fixture.state.connection().isBlocked()).isFalse();
  }

  @Test
  void aReturnedMessageIsReturnedEvenWithoutAConfirm() {
    fixture.publish("a", Tries.UNTIL_CONFIRMED);
    fixture.work();

    fixture.returnMessage(0, 1);
    fixture.lose();

    assertThat(fixture.outcomes()).containsExactly("a RETURNED");
  }

  /** Otherwise an older heartbeat could follow the one that says {@code gone}. */
  @Test
  void republishedMessagesKeepTheirOrder() {
    fixture.publish("1", Tries.UNTIL_CONFIRMED);
    assertThat(fixture.work()).containsExactly("0:1 1");
    fixture.publish("2", Tries.UNTIL_CONFIRMED);
    fixture.pass(BatchQueue.MAX_HOLD);
    assertThat(fixture.work()).containsExactly("0:2 2");
    fixture.block();
    fixture.publish("3", Tries.UNTIL_CONFIRMED);

    fixture.lose();
    fixture.connect();

    assertThat(fixture.work()).containsExactly("0:1 1 2 3");
  }

  @Test
  void anOverduePublicationIsNotWrittenOnANewConnection() {
    fixture.lose();
    fixture.publish("late", Tries.UNTIL_CONFIRMED);
    fixture.pass(PublisherFixture.GIVE_UP);

    fixture.connect();

    assertThat(fixture.outcomes()).containsExactly("late NO_CONNECTION");
    assertThat(fixture.work()).isEmpty();
  }

  @Test
  void afterTheCloseALostPublicationIsNotWrittenAgain() {
    fixture.publish("written", Tries.UNTIL_CONFIRMED);
    fixture.work();
    fixture.publish("waiting", Tries.UNTIL_CONFIRMED);

    fixture.close();
    fixture.publish("after", Tries.UNTIL_CONFIRMED);
    assertThat(fixture.outcomes()).containsExactly("waiting NO_CONNECTION", "after NO_CONNECTION");
    assertThat(fixture.work()).containsExactly("leave");
    fixture.lose();

    assertThat(fixture.outcomes()).containsExactly("written UNKNOWN");
    assertThat(fixture.state.isDone()).isTrue();
  }

  // Refusals.

  @Test
  void aMessageThatIsTooLongIsNeverWritten() {
    String tooLong = "v".repeat(WireLimits.MESSAGE_BYTES);
    fixture.publish("long", fixture.hello(tooLong));
    fixture.publish("too", fixture.hello(tooLong));
    fixture.publish("b", Tries.ONCE);

    assertThat(fixture.work()).containsExactly("0:1 b");
    assertThat(fixture.outcomes()).containsExactly("long REFUSED", "too REFUSED");
    assertThat(fixture.notes()).containsExactly("too long, suppressed 0");
  }

  /** A retry would close the next channel, too, with the unconfirmed messages of others. */
  @Test
  void aMessageOverRabbitMqsMaximumIsNotWrittenAgain() {
    String tooLong = "v".repeat(1024);
    fixture.publish("short", fixture.hello("short").batched(Batching.ALONE));
    fixture.publish("long", fixture.hello(tooLong).batched(Batching.ALONE));
    assertThat(fixture.work()).containsExactly("0:1 short", "0:2 long");
    fixture.publish("waiting", fixture.hello(tooLong));

    fixture.lose(new Refusal.TooLong(1024));
    assertThat(fixture.outcomes()).containsExactly("waiting REFUSED", "long REFUSED");
    fixture.publish("later", fixture.hello(tooLong));
    assertThat(fixture.outcomes()).containsExactly("later REFUSED");

    fixture.connect();
    assertThat(fixture.work()).containsExactly("0:1 short");
  }

  /** An operator may grant the permission meanwhile. */
  @Test
  void aRefusalCountsFor30Seconds() {
    fixture.lose(new Refusal.Forbidden("broker_hello", Optional.empty()));
    fixture.connect();
    fixture.publish("a", Tries.UNTIL_CONFIRMED);
    assertThat(fixture.outcomes()).containsExactly("a REFUSED");

    fixture.pass(REFUSALS_LAST);
    fixture.check();
    fixture.publish("b", Tries.UNTIL_CONFIRMED);

    assertThat(fixture.work()).contains("0:1 b");
    assertThat(fixture.outcomes()).isEmpty();
  }

  /** A refusal on the main channel closes the connection. */
  @Test
  void refusalsInTurnDoNotKeepClosingTheConnection() {
    fixture.lose(new Refusal.Forbidden("broker_hello", Optional.empty()));
    fixture.connect();
    fixture.lose(new Refusal.Forbidden("broker_status", Optional.empty()));
    fixture.connect();

    fixture.publish("a", Tries.UNTIL_CONFIRMED);

    assertThat(fixture.outcomes()).containsExactly("a REFUSED");
  }

  /** Whoever changes a user's permissions closes its connections. */
  @Test
  void aNewConnectionForgetsRefusals() {
    fixture.lose(new Refusal.Forbidden("broker_hello", Optional.empty()));
    fixture.connect();
    fixture.lose();
    fixture.connect();

    fixture.publish("a", Tries.UNTIL_CONFIRMED);

    assertThat(fixture.work()).contains("0:1 a");
    assertThat(fixture.outcomes()).isEmpty();
  }

  // Publications that wait.

  @Test
  void nothingIsWrittenWhileThePublisherIsHeld() {
    fixture.hold(true);
    fixture.publish("a", Tries.ONCE);
    assertThat(fixture.work()).isEmpty();
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");
    fixture.pass(PublisherFixture.GIVE_UP);
    fixture.check();
    assertThat(fixture.outcomes()).containsExactly("a NO_CONNECTION");

    fixture.publish("b", Tries.ONCE);
    fixture.hold(false);

    assertThat(fixture.work()).contains("0:1 b");
  }

  @Test
  void anAlarmGivesUpRequestsAtOnceAndAnswersWhenOverdue() {
    fixture.publish("request", Tries.ONCE);
    fixture.publish("answer", Tries.UNTIL_CONFIRMED);
    fixture.block();
    assertThat(fixture.outcomes()).containsExactly("request BLOCKED");
    fixture.publish("next request", Tries.ONCE);
    assertThat(fixture.outcomes()).containsExactly("next request BLOCKED");
    assertThat(fixture.work()).isEmpty();
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");

    fixture.pass(PublisherFixture.GIVE_UP);
    fixture.check();

    assertThat(fixture.outcomes()).containsExactly("answer BLOCKED");
  }

  @Test
  void afterAnAlarmTheWaitingAnswersAreWritten() {
    fixture.block();
    fixture.publish("answer", Tries.UNTIL_CONFIRMED);

    fixture.unblock();

    assertThat(fixture.work()).containsExactly("0:1 answer");
  }

  @Test
  void aWithdrawnPublicationHasNoOutcome() {
    fixture.hold(true);
    fixture.publish("a", Tries.ONCE);
    fixture.woken();

    fixture.withdraw("a");

    assertThat(fixture.woken()).as("flush() looks again").isTrue();
    assertThat(fixture.state.isDone()).isTrue();
    fixture.close();
    assertThat(fixture.outcomes()).isEmpty();
  }

  @Test
  void aWrittenPublicationCannotBeWithdrawn() {
    fixture.publish("a", Tries.ONCE);
    fixture.work();

    fixture.withdraw("a");
    fixture.confirm(0, 1);

    assertThat(fixture.outcomes()).containsExactly("a CONFIRMED");
  }
}
