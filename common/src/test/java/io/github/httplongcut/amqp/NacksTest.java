package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Publication;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class NacksTest {

  private static final UUID ID = UUID.fromString("0d6f1a52-7c0e-4a43-9d4f-5a4b1f6f0a01");
  private static final ProcessId CLIENT = ProcessId.parse("acme.test-abcdef");

  /** May become an orphan, and so reach a quorum queue. */
  private static final Publication ANSWER =
      Publication.of(
          new Event.UpstreamError(
              CLIENT, ID, ID, ID, new EventError(Failure.NOT_RUN, "", Hop.UPSTREAM_AGENT)),
          "broker.test-abcdef",
          Long.MAX_VALUE);

  /** Reaches a tenant's inbox and no other queue. */
  private static final Publication TO_A_TENANT =
      Publication.of(
              new Event.BrokerError(ID, ID, new EventError(Failure.NOT_RUN, "", Hop.BROKER)),
              CLIENT.toString(),
              Long.MAX_VALUE)
          .tried(Publication.Tries.UNLESS_NACKED);

  private final Nacks nacks = new Nacks(true);

  @Test
  void eachReplacementDoublesTheRequiredPolls() {
    assertThat(pollsUntilReplacement()).isEqualTo(2);
    assertThat(pollsUntilReplacement()).isEqualTo(4);
    assertThat(pollsUntilReplacement()).isEqualTo(8);
    assertThat(pollsUntilReplacement()).isEqualTo(16);
  }

  /** A full queue nacks on any channel, and replacements would delay other messages. */
  @Test
  void aRouteCausesAtMostFourReplacements() {
    for (int i = 0; i < Nacks.MAX_REPLACEMENTS; i++) {
      pollsUntilReplacement();
    }

    for (int i = 0; i < 100; i++) {
      nackAndPoll();
    }
    assertThat(nacks.isReplacementDue()).isFalse();

    for (int i = 0; i < 10; i++) {
      assertThat(nacks.takeRetries()).isEmpty();
    }
    assertThat(pollsUntilReplacement()).isEqualTo(2);
  }

  @Test
  void tenPollsWithoutNacksResetTheRequiredPolls() {
    assertThat(pollsUntilReplacement()).isEqualTo(2);
    for (int i = 0; i < 10; i++) {
      assertThat(nacks.takeRetries()).isEmpty();
    }

    assertThat(pollsUntilReplacement()).isEqualTo(2);
  }

  @Test
  void aPollWithoutNacksRestartsTheCount() {
    nackAndPoll();
    assertThat(nacks.takeRetries()).isEmpty();

    assertThat(pollsUntilReplacement()).isEqualTo(2);
  }

  @Test
  void aPublicationToATenantIsGivenUpAfterThreeNacks() {
    assertThat(nacks.retryIfAllowed(TO_A_TENANT)).isTrue();
    Publication second = nacks.takeRetries().get(0);
    assertThat(nacks.retryIfAllowed(second)).isTrue();
    Publication third = nacks.takeRetries().get(0);

    assertThat(nacks.retryIfAllowed(third)).isFalse();
    assertThat(nacks.isEmpty()).isTrue();
  }

  /** Otherwise a tenant whose inbox accepts nothing could delay messages to others. */
  @Test
  void nacksOfATenantsInboxCauseNoReplacement() {
    for (int i = 0; i < 100; i++) {
      nacks.retryIfAllowed(TO_A_TENANT);
      nacks.takeRetries();
    }

    assertThat(nacks.isReplacementDue()).isFalse();
  }

  @Test
  void nacksOfASingleNodeCauseNoReplacement() {
    Nacks ofSingleNode = new Nacks(false);
    for (int i = 0; i < 100; i++) {
      assertThat(ofSingleNode.retryIfAllowed(ANSWER)).isTrue();
      ofSingleNode.takeRetries();
    }

    assertThat(ofSingleNode.isReplacementDue()).isFalse();
  }

  /** A classic queue may nack because its node has died with the queue. */
  @Test
  void aNackedDispatchIsNotWrittenAgain() {
    Publication dispatch = TO_A_TENANT.tried(Publication.Tries.ONCE);

    assertThat(nacks.retryIfAllowed(dispatch)).isFalse();
    assertThat(nacks.isEmpty()).isTrue();
  }

  private int pollsUntilReplacement() {
    int polls = 0;
    while (!nacks.isReplacementDue()) {
      nackAndPoll();
      polls++;
    }
    nacks.onOpened();
    return polls;
  }

  private void nackAndPoll() {
    assertThat(nacks.retryIfAllowed(ANSWER)).isTrue();
    assertThat(nacks.takeRetries()).containsExactly(ANSWER);
  }
}
