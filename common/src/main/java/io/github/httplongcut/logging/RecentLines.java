package io.github.httplongcut.logging;

import ch.qos.logback.core.Context;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.LoggerFactory;

/**
 * The last log lines of a process, at most {@value #MAX_LINES} and {@value #MAX_BYTES} bytes.
 * {@link RecentLinesEncoder} adds them. Thread-safe.
 */
public final class RecentLines {

  static final int MAX_LINES = 1_000;
  static final int MAX_BYTES = 1 << 20;

  /** Characters of a line, at most; a longer line is cut. */
  static final int LINE_CHARS = 16 << 10;

  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Deque<byte[]> lines = new ArrayDeque<>();

  @GuardedBy("lock")
  private int bytes;

  RecentLines() {}

  /** Returns the lines of this process; empty if its Logback configuration keeps none. */
  public static Optional<RecentLines> ofThisProcess() {
    return LoggerFactory.getILoggerFactory() instanceof Context context
        ? in(context)
        : Optional.empty();
  }

  /** Returns the lines of a Logback context. */
  static Optional<RecentLines> in(Context context) {
    return Optional.ofNullable((RecentLines) context.getObject(RecentLines.class.getName()));
  }

  /** Makes these the lines of a Logback context. */
  void putInto(Context context) {
    context.putObject(RecentLines.class.getName(), this);
  }

  /** Adds the lines of a log event. */
  void add(String text) {
    List<byte[]> added = text.lines().map(RecentLines::encode).toList();
    lock.lock();
    try {
      for (byte[] line : added) {
        lines.add(line);
        bytes += line.length;
      }
      while (lines.size() > MAX_LINES || bytes > MAX_BYTES) {
        bytes -= lines.remove().length;
      }
    } finally {
      lock.unlock();
    }
  }

  private static byte[] encode(String line) {
    String shown = line.length() > LINE_CHARS ? line.substring(0, LINE_CHARS) + '…' : line;
    return (shown + '\n').getBytes(StandardCharsets.UTF_8);
  }

  /** Returns the lines, oldest first, each with its line break. */
  public String text() {
    List<byte[]> copy;
    lock.lock();
    try {
      copy = new ArrayList<>(lines);
    } finally {
      lock.unlock();
    }
    StringBuilder text = new StringBuilder();
    copy.forEach(line -> text.append(new String(line, StandardCharsets.UTF_8)));
    return text.toString();
  }
}
