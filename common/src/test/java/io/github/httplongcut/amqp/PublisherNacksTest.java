package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.Tries;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nacks in a cluster, and publications that are written again after a nack. */
class PublisherNacksTest {

  private static final String INBOX = "acme.one-abcdef";

  private final PublisherFixture fixture = new PublisherFixture(true);

  @BeforeEach
  void connect() {
    fixture.connect();
  }

  /** The first channel may not know the queue's new leader. */
  @Test
  void inAClusterARequestNackedByANewChannelIsRetriedOnAnother() {
    fixture.publishRequest("a");
    nackUntilReplacement(1);
    assertThat(fixture.outcomes()).isEmpty();
    assertThat(fixture.notes()).containsExactly("replaced for nacks");

    fixture.lose();
    fixture.connect();
    assertThat(fixture.work()).containsExactly("0:1 a");
    fixture.confirm(0, 1);

    assertThat(fixture.outcomes()).containsExactly("a CONFIRMED");
  }

  @Test
  void inAClusterANackedRequestCanBeWithdrawn() {
    fixture.publishRequest("a");
    fixture.work();
    fixture.nack(0, 1);
    assertThat(fixture.state.isDone()).isFalse();

    fixture.withdraw("a");

    assertThat(fixture.state.isDone()).isTrue();
    fixture.check();
    assertThat(fixture.work()).isEmpty();
    assertThat(fixture.outcomes()).isEmpty();
  }

  /** The channel knows the queue's leader, so the nack means that the queue is full. */
  @Test
  void inAClusterANackCountsOnceTheChannelHasConfirmedARequest() {
    fixture.publishRequest("a");
    fixture.work();
    fixture.confirm(0, 1);
    fixture.publishRequest("b");
    fixture.work();

    fixture.nack(0, 2);

    assertThat(fixture.outcomes()).containsExactly("a CONFIRMED", "b NACKED");
  }

  /** A returned message has reached no queue, so it says nothing about a queue's leader. */
  @Test
  void inAClusterAReturnedRequestDoesNotMakeNacksCount() {
    fixture.publishRequest("a");
    fixture.work();
    fixture.returnMessage(0, 1);
    fixture.confirm(0, 1);
    fixture.publishRequest("b");
    fixture.work();

    fixture.nack(0, 2);

    assertThat(fixture.outcomes()).containsExactly("a RETURNED");
  }

  @Test
  void aChannelIsReplacedForItsNacksOnlyAfterTheLastConfirm() {
    fixture.publish("owed", Tries.ONCE);
    fixture.work();
    fixture.publishError("error");
    nackUntilReplacement(2);
    assertThat(fixture.nextLinkWork()).isEqualTo("wait");
    fixture.woken();

    fixture.confirm(0, 1);

    assertThat(fixture.woken()).isTrue();
    assertThat(fixture.nextLinkWork()).isEqualTo("leave");
    assertThat(fixture.outcomes()).containsExactly("owed CONFIRMED");
  }

  @Test
  void nothingIsWrittenWhileAReplacementWaitsForTheLastConfirm() {
    fixture.publish("owed", Tries.ONCE);
    fixture.work();
    fixture.publishError("error");
    nackUntilReplacement(2);

    fixture.publish("next", fixture.hello("next").batched(Publication.Batching.ALONE));
    assertThat(fixture.nextUnblockedWrite()).isEqualTo("none");
    assertThat(fixture.work()).isEmpty();

    fixture.lose();
    fixture.connect();
    assertThat(fixture.work()).containsExactlyInAnyOrder("0:1 error", "0:2 next");
    assertThat(fixture.outcomes()).containsExactly("owed UNKNOWN");
  }

  /** RabbitMQ would not answer a new connection sooner, and more nacks replace the channel. */
  @Test
  void anAlarmEndsTheReplacement() {
    fixture.publish("owed", Tries.ONCE);
    fixture.work();
    fixture.publishError("error");
    nackUntilReplacement(2);

    fixture.block();
    fixture.unblock();

    assertThat(fixture.work()).containsExactly("0:4 error");
    fixture.nack(0, 4);
    fixture.check();
    fixture.confirm(0, 1);
    assertThat(fixture.work()).containsExactly("leave");
  }

  @Test
  void aNackedAnswerIsWrittenAgainAtTheNextCheck() {
    fixture.publish("a", Tries.UNTIL_CONFIRMED);
    fixture.work();
    fixture.nackUpTo(0, 1);
    assertThat(fixture.work()).isEmpty();
    fixture.woken();

    fixture.check();

    assertThat(fixture.woken()).isTrue();
    assertThat(fixture.work()).containsExactly("0:2 a");
    assertThat(fixture.outcomes()).isEmpty();
  }

  @Test
  void anAnswerToATenantIsGivenUpAfterThreeNacks() {
    fixture.publishTo(INBOX, "a");
    assertThat(fixture.work()).containsExactly("open", "1:1 a");
    for (int number = 1; number < Publication.MAX_NACKS; number++) {
      fixture.nack(1, number);
      fixture.check();
      assertThat(fixture.work()).containsExactly("1:" + (number + 1) + " a");
    }

    fixture.nack(1, Publication.MAX_NACKS);

    assertThat(fixture.outcomes()).containsExactly("a NACKED");
  }

  @Test
  void anAnswerToAnUnknownRequestIsGivenUpAfterTheFirstNack() {
    fixture.publishTo(INBOX, "a", Tries.UNTIL_NACKED);
    fixture.work();

    fixture.nack(1, 1);

    assertThat(fixture.outcomes()).containsExactly("a NACKED");
  }

  @Test
  void aNackedPublicationThatIsRefusedMeanwhileIsNotWrittenAgain() {
    fixture.publish("a", Tries.UNTIL_CONFIRMED);
    fixture.work();
    fixture.nack(0, 1);
    fixture.lose(new Refusal.Forbidden("broker_hello", Optional.of("")));
    fixture.connect();

    fixture.check();

    assertThat(fixture.outcomes()).containsExactly("a REFUSED");
    assertThat(fixture.work()).isEmpty();
  }

  @Test
  void theCloseGivesUpNackedPublications() {
    fixture.publish("a", Tries.UNTIL_CONFIRMED);
    fixture.work();
    fixture.nack(0, 1);

    fixture.close();

    assertThat(fixture.outcomes()).containsExactly("a NO_CONNECTION");
  }

  /** Nacks each message from this number on, until the channel must be replaced. */
  private void nackUntilReplacement(int first) {
    for (int number = first; number < first + Nacks.INITIAL_POLLS; number++) {
      assertThat(fixture.work()).hasSize(1);
      fixture.nack(0, number);
      fixture.check();
    }
  }
}
