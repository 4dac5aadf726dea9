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

/** Encoding and decoding of messages with 1 or 32 events of 1 KiB. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CodecBenchmark {

  /** Type of the events. */
  @Param({"CLIENT_REQUEST", "UPSTREAM_RESPONSE"})
  public EventType type;

  /** Number of events in the message. */
  @Param({"1", "32"})
  public int batch;

  private final List<Event> events = new ArrayList<>();
  private byte[] message;

  /** Creates the events and their message. */
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

  /** Encodes a message, as a publisher does. */
  @Benchmark
  public byte[] encode() {
    return EventCodec.join(events.stream().map(EventCodec::encode).toList());
  }

  /** Decodes the message, as a receiver does. */
  @Benchmark
  public List<Event> decode() throws MalformedEventException {
    return EventCodec.decode(type, message);
  }
}
