package io.github.httplongcut.bench.jmh;

import io.github.httplongcut.broker.core.AgentLimits;
import io.github.httplongcut.broker.core.DispatchOutcome;
import io.github.httplongcut.broker.core.Effect;
import io.github.httplongcut.broker.core.OutlierDetection;
import io.github.httplongcut.broker.core.Receipt;
import io.github.httplongcut.broker.core.Router;
import io.github.httplongcut.broker.core.RouterLimits;
import io.github.httplongcut.broker.core.WaitingLimits;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.share.ShareRule;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The broker's decisions for one request, and at a tick. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RouterBenchmark {

  private static final long NOW = 1_000_000_000L;
  private static final int SLOTS = 100_000;
  private static final long INTERVAL_MILLIS = 1_000_000;

  /** Number of upstream agents for the target. */
  @Param({"1", "100", "10000"})
  public int agents;

  /** Number of requests that are already dispatched. */
  @Param({"0", "10000"})
  public int dispatched;

  private static final class NoopReceipt extends Receipt {}

  private final Request request = Samples.get().request();
  private Router router;

  /** Creates a router with these agents and requests. */
  @Setup
  public void prepare() {
    Duration never = Duration.ofHours(20);
    router =
        new Router(
            Samples.BROKER,
            new RouterLimits(
                never,
                never,
                never,
                SLOTS,
                Long.MAX_VALUE,
                new WaitingLimits(SLOTS, SLOTS),
                new ShareRule(0.5, SLOTS),
                3,
                new AgentLimits(1_000, 20_000, OutlierDetection.OFF)),
            UUID::randomUUID,
            new SplittableRandom(1),
            (clientReqId, brokerReqId, from, to, why) -> {});
    for (int i = 0; i < agents; i++) {
      ProcessId id = ProcessId.create("upstream-agent", "agent");
      router.onHeartbeat(
          new UpstreamHeartbeat(
              id, Samples.TARGET, AgentState.READY, SLOTS / agents, 0, INTERVAL_MILLIS, "1"),
          NOW);
    }
    for (int i = 0; i < dispatched; i++) {
      dispatch();
    }
  }

  /** Handles a request from its reception to its response: dispatch, confirm, ack, response. */
  @Benchmark
  public List<Effect> wholeRequest() {
    Effect.Dispatch dispatch = dispatch();
    BrokerRequest sent = dispatch.request();
    String user = dispatch.upstreamId().user();
    UUID upstreamReqId = UUID.randomUUID();
    router.onPublished(sent.brokerReqId(), DispatchOutcome.CONFIRMED, NOW);
    router.onAck(
        new BrokerRequestAck(sent.brokerReqId(), upstreamReqId, dispatch.upstreamId()), user, NOW);
    return router.onResponse(
        new UpstreamResponse(
            sent.clientId(),
            sent.clientReqId(),
            sent.brokerReqId(),
            upstreamReqId,
            Samples.EMPTY_RESPONSE),
        user,
        NOW);
  }

  /** Handles a tick at which nothing is due. */
  @Benchmark
  public List<Effect> tick() {
    return router.onTick(NOW);
  }

  private Effect.Dispatch dispatch() {
    ClientRequest event = new ClientRequest(Samples.CLIENT, UUID.randomUUID(), 30_000, request);
    for (Effect effect : router.onClientRequest(event, new NoopReceipt(), NOW)) {
      if (effect instanceof Effect.Dispatch dispatch) {
        return dispatch;
      }
    }
    throw new IllegalStateException("it was not dispatched");
  }
}
