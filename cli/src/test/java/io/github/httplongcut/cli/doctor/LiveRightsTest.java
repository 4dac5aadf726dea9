package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LiveRightsTest {

  private static final String PROBE = "doctor-k3v7qa";

  private final FakeChannels channels = new FakeChannels();

  @Test
  void aUserWhosePublicationIsReturnedIsAnImpersonator() throws Exception {
    channels.codes.put("client_cancel", 403);
    channels.codes.put("client_request_ack", 312);
    assertThat(rights().isImpersonator()).isTrue();
  }

  @Test
  void aUserWhosePublicationIsRefusedIsNone() throws Exception {
    assertThat(rights().isImpersonator()).isFalse();

    channels.codes.put("client_cancel", 403);
    channels.codes.put("client_request_ack", 403);
    channels.codes.put("broker_request_ack", 403);
    assertThat(rights().isImpersonator()).isFalse();
  }

  /** RabbitMQ then does not get as far as the user's name. */
  @Test
  void aMissingExchangeTellsNothing() throws Exception {
    channels.codes.put("client_cancel", 404);
    assertThat(rights().isImpersonator()).isFalse(); // another exchange tells

    channels.codes.put("client_request_ack", 404);
    channels.codes.put("broker_request_ack", 404);
    assertThatThrownBy(() -> rights().isImpersonator())
        .isInstanceOf(SkippedException.class)
        .hasMessage("exchange client_cancel is missing");
  }

  /** RabbitMQ closes the connection of a user that opens a channel too many. */
  @Test
  void fewChannelsAreOpenAtATime() throws Exception {
    CyclicBarrier all = new CyclicBarrier(FewChannels.MAX_OPEN);
    channels.duringDeletion = () -> await(all);
    List<AccessAttempt> attempts =
        IntStream.range(0, 5 * FewChannels.MAX_OPEN)
            .mapToObj(i -> AccessAttempt.configure("queue-" + i + '-' + PROBE))
            .toList();

    assertThat(rights().allowed(attempts)).hasSize(attempts.size());

    assertThat(channels.mostOpen()).isEqualTo(FewChannels.MAX_OPEN);
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }

  private UserRights rights() {
    return new LiveRights(
        new FewChannels(channels.connection()), "client-agent.acme." + PROBE, PROBE);
  }
}
