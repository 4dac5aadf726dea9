package io.github.httplongcut.bench.jmh;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.MalformedEventException;
import java.util.ArrayList;
import java.util.List;
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

/** An event of 1 KiB to its JSON and back: one a message, and 32. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CodecBenchmark {

  /** Which event. */
  @Param({"CLIENT_REQUEST", "UPSTREAM_RESPONSE"})
  public EventType type;

  /** How many of them share the message. */
  @Param({"1", "32"})
  public int batch;

  private final List<Event> events = new ArrayList<>();
  private byte[] message;

  /** Makes the events and their message. */
  @Setup
  public void prepare() {
    for (int i = 0; i < batch; i++) {
      events.add(
          type == EventType.CLIENT_REQUEST
              ? Samples.post()
              : Samples.response(UUID.randomUUID(), UUID.randomUUID()));
    }
    message = encode();
  }

  /** What a publisher does for a message. */
  @Benchmark
  public byte[] encode() {
    return EventCodec.join(events.stream().map(EventCodec::encode).toList());
  }

  /** What a receiver does for it. */
  @Benchmark
  public List<Event> decode() throws MalformedEventException {
    return EventCodec.decode(type, message);
  }
}
