package io.github.httplongcut.broker;

import static io.github.httplongcut.broker.core.RequestRecords.answered;
import static io.github.httplongcut.broker.core.RequestRecords.cancelled;
import static io.github.httplongcut.broker.core.RequestRecords.failed;
import static io.github.httplongcut.broker.core.RequestRecords.lost;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.RequestRecords;
import io.github.httplongcut.broker.inspect.InspectConfig;
import io.github.httplongcut.broker.inspect.PathMask;
import io.github.httplongcut.protocol.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RequestMemoryTest {

  private static final Instant NOW = Instant.parse("2026-11-29T18:00:00.500Z");
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();
  private static final long MILLI = 1_000_000;

  /** Close to the overflow of {@code nanoTime}. */
  private static final long T0 = Long.MAX_VALUE - 3 * MINUTE;

  private final RequestMemory memory =
      new RequestMemory(new WallTime(() -> NOW, () -> T0), new PathMask(InspectConfig.OFF));

  @Test
  void theLastRequestsAreKeptNewestFirst() {
    for (int i = 0; i < RequestMemory.RECENT + 3; i++) {
      memory.add(answered(i, 200, T0 + i * MILLI, MILLI));
    }

    assertThat(memory.recent())
        .hasSize(RequestMemory.RECENT)
        .extracting(RequestMemoryTest::number)
        .startsWith(RequestMemory.RECENT + 2, RequestMemory.RECENT + 1)
        .endsWith(3);
  }

  @Test
  void requestsHaveTheDateOfTheirReception() {
    memory.add(answered(1, 200, T0 - 500 * MILLI, MILLI));

    assertThat(memory.recent().get(0).receivedAt())
        .isEqualTo(Instant.parse("2026-11-29T18:00:00Z"));
  }

  @Test
  void requestIsFoundByItsIdsAlsoAmongTheNotableOnes() {
    memory.add(failed(1, Failure.UPSTREAM_BUSY, "why", T0));
    for (int i = 2; i < RequestMemory.RECENT + 100; i++) {
      memory.add(answered(i, 200, T0, i == 2 ? 2 * MILLI : MILLI));
    }

    assertThat(memory.find(RequestRecords.id(1))).map(RequestMemoryTest::number).hasValue(1);
    assertThat(memory.find(RequestRecords.dispatchOf(2)))
        .map(RequestMemoryTest::number)
        .hasValue(2);
    assertThat(memory.find(RequestRecords.id(60))).as("fast, and long ago").isEmpty();
    assertThat(memory.find(UUID.randomUUID())).isEmpty();
  }

  @Test
  void theLastEndOfALostRequestCounts() {
    memory.add(lost(1, T0));
    assertThat(memory.find(RequestRecords.id(1))).map(RememberedRequest::isLost).hasValue(true);
    assertThat(notable()).containsExactly(1);

    memory.add(failed(1, Failure.UPSTREAM_BUSY, "why", T0 + MILLI));
    assertThat(memory.find(RequestRecords.id(1))).map(RememberedRequest::isLost).hasValue(false);
    for (int i = 2; i < RequestMemory.RECENT + 100; i++) {
      memory.add(answered(i, 200, T0 + i * MILLI, MILLI));
    }
    assertThat(memory.find(RequestRecords.id(1))).map(RememberedRequest::isLost).hasValue(false);
    assertThat(notable()).containsOnlyOnce(1);
  }

  @Test
  void theDispatchOfALostRequestLeadsToItsLastEnd() {
    memory.add(lost(1, T0));
    memory.add(answered(1, 200, T0 + MILLI, MILLI));

    assertThat(memory.find(RequestRecords.lostDispatchOf(1)))
        .map(request -> request.record().outcome())
        .hasValue("answered");
  }

  /** A fast answer is not notable. Once it is forgotten, the loss must not come back. */
  @Test
  void aLossDoesNotOutliveTheAnswer() {
    memory.add(lost(1, T0));
    for (int i = 2; i < 2 + NotableRequests.SLOW_PER_MINUTE; i++) {
      memory.add(answered(i, 200, T0, 10 * MILLI));
    }
    memory.add(answered(1, 200, T0 + 10 * MILLI, MILLI));
    for (int i = 100; i < 100 + RequestMemory.RECENT; i++) {
      memory.add(answered(i, 200, T0 + 20 * MILLI, MILLI));
    }

    assertThat(notable()).doesNotContain(1);
    assertThat(memory.find(RequestRecords.id(1))).isEmpty();
  }

  @Test
  void failedRequestsAreNotable() {
    memory.add(failed(1, Failure.UPSTREAM_BUSY, "why", T0));
    memory.add(answered(2, 503, T0 + MINUTE, MILLI));
    for (int i = 0; i < NotableRequests.SLOW_PER_MINUTE; i++) {
      memory.add(answered(100, 200, T0, 10 * MILLI));
    }
    memory.add(answered(3, 499, T0, MILLI));
    memory.add(cancelled(4, T0));

    assertThat(notable()).contains(1, 2).doesNotContain(3, 4);
    assertThat(notable().get(0)).as("newest first").isEqualTo(2);
  }

  @Test
  void failedRequestsAreLimited() {
    for (int i = 0; i < NotableRequests.MAX_FAILED + 5; i++) {
      memory.add(failed(i, Failure.UPSTREAM_BUSY, "why", T0 + i * MILLI));
    }

    assertThat(notable())
        .hasSize(NotableRequests.MAX_FAILED)
        .startsWith(NotableRequests.MAX_FAILED + 4)
        .endsWith(5);
  }

  @Test
  void theSlowestOfEachMinuteAreNotable() {
    for (int minute = 0; minute < NotableRequests.MINUTES + 2; minute++) {
      for (int i = 0; i < 100; i++) {
        int slowness = (i * 37) % 100; // in no order
        memory.add(answered(slowness, 200, minute * MINUTE, slowness * MILLI));
      }
    }

    assertThat(notable())
        .hasSize(NotableRequests.MINUTES * NotableRequests.SLOW_PER_MINUTE)
        .allMatch(number -> number >= 100 - NotableRequests.SLOW_PER_MINUTE);
  }

  @Test
  void feedHasTheRequestsSinceTheLastOneOldestFirst() {
    memory.add(answered(1, 200, T0, MILLI));
    long next = memory.next();
    memory.add(answered(2, 200, T0, MILLI));
    memory.add(failed(3, Failure.UPSTREAM_BUSY, "why", T0));

    RequestMemory.Feed feed = memory.since(next);

    assertThat(feed.recent()).extracting(RequestMemoryTest::number).containsExactly(2, 3);
    assertThat(feed.notable()).extracting(RequestMemoryTest::number).contains(3);
    assertThat(feed.omitted()).isZero();
    assertThat(memory.since(feed.next()).recent()).isEmpty();
    assertThat(memory.since(feed.next()).notable()).isEmpty();
  }

  @Test
  void feedOfABusySecondIsCut() {
    for (int i = 0; i < 3 * RequestMemory.RECENT; i++) {
      memory.add(failed(i, Failure.UPSTREAM_BUSY, "why", T0));
    }

    RequestMemory.Feed feed = memory.since(0);

    assertThat(feed.next()).isEqualTo(3 * RequestMemory.RECENT);
    assertThat(feed.omitted()).isEqualTo(3 * RequestMemory.RECENT - RequestMemory.FEED);
    assertThat(feed.recent())
        .hasSize(RequestMemory.FEED)
        .extracting(RequestMemoryTest::number)
        .startsWith(2_900)
        .endsWith(2_999);
    assertThat(feed.notable()).hasSize(RequestMemory.FEED);
  }

  @Test
  void feedThatOmitsNothingHasAllNotableRequests() {
    for (int i = 0; i < RequestMemory.FEED; i++) {
      memory.add(failed(i, Failure.UPSTREAM_BUSY, "why", T0));
    }

    RequestMemory.Feed feed = memory.since(0);

    assertThat(feed.omitted()).isZero();
    assertThat(feed.notable()).hasSize(RequestMemory.FEED);
  }

  private List<Integer> notable() {
    return memory.notable().stream().map(RequestMemoryTest::number).toList();
  }

  private static int number(RememberedRequest request) {
    return (int) request.record().subject().clientReqId().getLeastSignificantBits();
  }
}
