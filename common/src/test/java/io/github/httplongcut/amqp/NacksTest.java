package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class NacksTest {

  private static final UUID ID = UUID.fromString("0d6f1a52-7c0e-4a43-9d4f-5a4b1f6f0a01");
  private static final ProcessId CLIENT = ProcessId.parse("acme.test-abcdef");

  /** May become an orphan, and so get into a quorum queue. */
  private static final Publication ANSWER =
      Publication.of(
          new Event.UpstreamError(
              CLIENT, ID, ID, ID, new EventError(Failure.NOT_RUN, "", Hop.UPSTREAM_AGENT)),
          "broker.test-abcdef",
          Long.MAX_VALUE);

  /** Gets into a tenant's inbox and nowhere else. */
  private static final Publication TO_A_TENANT =
      Publication.of(
              new Event.BrokerError(ID, ID, new EventError(Failure.NOT_RUN, "", Hop.BROKER)),
              CLIENT.toString(),
              Long.MAX_VALUE)
          .tried(Publication.Tries.UNLESS_NACKED);

  private final Nacks nacks = new Nacks(true);

  @Test
  void eachChannelThatIsLeftGivesTheNextOneTwiceThePatience() {
    assertThat(looksUntilLeft()).isEqualTo(2);
    assertThat(looksUntilLeft()).isEqualTo(4);
    assertThat(looksUntilLeft()).isEqualTo(8);
    assertThat(looksUntilLeft()).isEqualTo(16);
  }

  /** A queue that is full stays full on any channel; others' answers must not wait for that. */
  @Test
  void whatFourNewChannelsDidNotHelpIsNoReasonForAnother() {
    for (int i = 0; i < Nacks.MOST_REPLACEMENTS; i++) {
      looksUntilLeft();
    }

    for (int i = 0; i < 100; i++) {
      nackAndLook();
    }
    assertThat(nacks.wantNewChannel()).isFalse();

    for (int i = 0; i < 10; i++) {
      assertThat(nacks.take()).isEmpty();
    }
    assertThat(looksUntilLeft()).isEqualTo(2);
  }

  @Test
  void afterAWhileWithoutNacksThePatienceIsTheFirstOneAgain() {
    assertThat(looksUntilLeft()).isEqualTo(2);
    for (int i = 0; i < 10; i++) {
      assertThat(nacks.take()).isEmpty();
    }

    assertThat(looksUntilLeft()).isEqualTo(2);
  }

  @Test
  void oneLookThatFindsNothingBeginsTheCountAnew() {
    nackAndLook();
    assertThat(nacks.take()).isEmpty();

    assertThat(looksUntilLeft()).isEqualTo(2);
  }

  @Test
  void aTenantsInboxMayNackThreeTimes() {
    assertThat(nacks.takeOver(TO_A_TENANT)).isTrue();
    Publication second = nacks.take().get(0);
    assertThat(nacks.takeOver(second)).isTrue();
    Publication third = nacks.take().get(0);

    assertThat(nacks.takeOver(third)).isFalse();
    assertThat(nacks.isEmpty()).isTrue();
  }

  /** Else whoever declares an inbox that takes nothing would hold up what goes to the others. */
  @Test
  void nacksOfATenantsInboxAreNoReasonForANewChannel() {
    for (int i = 0; i < 100; i++) {
      nacks.takeOver(TO_A_TENANT);
      nacks.take();
    }

    assertThat(nacks.wantNewChannel()).isFalse();
  }

  @Test
  void aSingleNodesNacksAreNoReasonForANewChannel() {
    Nacks ofSingleNode = new Nacks(false);
    for (int i = 0; i < 100; i++) {
      assertThat(ofSingleNode.takeOver(ANSWER)).isTrue();
      ofSingleNode.take();
    }

    assertThat(ofSingleNode.wantNewChannel()).isFalse();
  }

  /** It goes to a classic queue, whose nack may mean that its node has died with it. */
  @Test
  void aNackedDispatchIsNotWrittenAgainInAClusterEither() {
    Publication dispatch = TO_A_TENANT.tried(Publication.Tries.ONCE);

    assertThat(nacks.takeOver(dispatch)).isFalse();
    assertThat(nacks.isEmpty()).isTrue();
  }

  private int looksUntilLeft() {
    int looks = 0;
    while (!nacks.wantNewChannel()) {
      nackAndLook();
      looks++;
    }
    nacks.onOpened();
    return looks;
  }

  private void nackAndLook() {
    assertThat(nacks.takeOver(ANSWER)).isTrue();
    assertThat(nacks.take()).containsExactly(ANSWER);
  }
}
