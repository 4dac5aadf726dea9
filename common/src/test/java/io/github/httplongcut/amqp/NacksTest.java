package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.ProcessId;
import org.junit.jupiter.api.Test;

class NacksTest {

  private static final Publication HELLO =
      Publication.of(
          new Event.BrokerHello(ProcessId.parse("broker.test-abcdef"), "1"), "", Long.MAX_VALUE);

  private final Nacks nacks = new Nacks(false);

  @Test
  void eachChannelThatIsLeftGivesTheNextOneTwiceThePatience() {
    assertThat(looksUntilLeft()).isEqualTo(2);
    assertThat(looksUntilLeft()).isEqualTo(4);
    assertThat(looksUntilLeft()).isEqualTo(8);
    assertThat(looksUntilLeft()).isEqualTo(16);
    assertThat(looksUntilLeft()).isEqualTo(16);
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
    assertThat(nacks.takeOver(HELLO)).isTrue();
    assertThat(nacks.take()).containsExactly(HELLO);
  }
}
