package io.github.httplongcut.client.accesslog;

import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AsyncAppenderBase;
import ch.qos.logback.core.ContextBase;
import io.github.httplongcut.client.accesslog.AccessLogConfig.Format;
import io.github.httplongcut.config.StartException;
import io.github.httplongcut.loop.RateLimit;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a line for each request that has ended. {@link #write} passes the entry to a thread that
 * encodes and writes it, and never blocks: while that thread is too slow and the queue is full,
 * entries are dropped and counted. Thread-safe.
 */
public final class AccessLog implements AutoCloseable {

  /**
   * Entries that wait. The thread takes as many at once, so that twice as many may be in memory.
   */
  static final int QUEUE_SIZE = 4_096;

  /**
   * Places above {@link #QUEUE_SIZE} for threads that found a place at the same time. Logback does
   * not count what it drops after these places are full, too.
   */
  private static final int RESERVE = 256;

  /** Maximum time to write the last entries at the end. */
  private static final Duration FLUSH_TIMEOUT = Duration.ofSeconds(1);

  /** Time between two warnings at least, and between two looks at the number of drops. */
  private static final Duration WARNING_INTERVAL = Duration.ofSeconds(10);

  private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);

  /** Maximum time to write the last warning at the end. */
  private static final Duration LAST_WARNING = Duration.ofSeconds(1);

  private static final Logger log = LoggerFactory.getLogger(AccessLog.class);

  private final AccessLogConfig config;
  private final Function<ContextBase, Appender<AccessEntry>> output;
  private final ContextBase context = new ContextBase();
  private final Queue queue = new Queue();

  /**
   * Thread that warns of drops. An I/O thread must not: the warning would wait for the same disk or
   * pipe for which the access log waits.
   */
  private final ScheduledExecutorService reporter =
      Executors.newSingleThreadScheduledExecutor(AccessLog::daemon);

  /** Belongs to the reporter's thread. */
  private final RateLimit warnings = new RateLimit(WARNING_INTERVAL);

  /** Belongs to the reporter's thread. */
  private long reportedDrops;

  /** Queue and thread. Drops and counts entries while the queue is full. */
  private static final class Queue extends AsyncAppenderBase<AccessEntry> {
    private final LongAdder dropped = new LongAdder();

    @Override
    protected boolean isDiscardable(AccessEntry entry) {
      dropped.increment();
      return true;
    }
  }

  /** Creates an access log that is not started. */
  public AccessLog(AccessLogConfig config, MeterRegistry registry) {
    this(config, context -> Output.open(config, context), registry);
  }

  /**
   * @param output opens the appender that writes the lines
   */
  AccessLog(
      AccessLogConfig config,
      Function<ContextBase, Appender<AccessEntry>> output,
      MeterRegistry registry) {
    this.config = config;
    this.output = output;
    FunctionCounter.builder("longcut.client.access.log.dropped", queue.dropped, LongAdder::sum)
        .description("Lines of the access log that were dropped, because writing was too slow")
        .register(registry);
  }

  /** Returns the settings. */
  public AccessLogConfig config() {
    return config;
  }

  /** Returns whether lines are written. If not, no entry needs to be made. */
  public boolean isOn() {
    return config.format() != Format.OFF;
  }

  /**
   * Opens the file and starts the thread.
   *
   * @throws StartException if the file cannot be opened
   */
  public void start() {
    if (!isOn()) {
      return;
    }
    context.setName("access-log");
    context.getStatusManager().add(new OutputProblems());
    queue.setContext(context);
    queue.setName("access-log");
    queue.setQueueSize(QUEUE_SIZE + RESERVE);
    queue.setDiscardingThreshold(RESERVE);
    queue.setNeverBlock(true);
    queue.setMaxFlushTime((int) FLUSH_TIMEOUT.toMillis());
    queue.addAppender(output.apply(context));
    queue.start();
    long interval = LOOK_INTERVAL.toMillis();
    Future<?> unused = // runs until close
        reporter.scheduleWithFixedDelay(
            this::reportDrops, interval, interval, TimeUnit.MILLISECONDS);
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "access-log-drops");
    thread.setDaemon(true);
    return thread;
  }

  /** Writes the entry soon, or drops it. Called on I/O threads; never waits for the output. */
  public void write(AccessEntry entry) {
    queue.doAppend(entry);
  }

  private void reportDrops() {
    if (queue.dropped.sum() != reportedDrops && warnings.allows(System.nanoTime())) {
      logDrops();
    }
  }

  private void logDrops() {
    long dropped = queue.dropped.sum();
    if (dropped != reportedDrops) {
      log.warn(
          "event=access_log_dropped lines={} total={} remedy=\"the disk, or the reader of standard"
              + " output, is too slow\"",
          dropped - reportedDrops,
          dropped);
      reportedDrops = dropped;
    }
  }

  /** Writes the entries that wait and the last warning, each for at most a second, and closes. */
  @Override
  public void close() {
    queue.stop();
    context.stop();
    if (!reporter.isShutdown()) {
      reporter.execute(this::logDrops);
      reporter.shutdown();
    }
    try {
      if (!reporter.awaitTermination(LAST_WARNING.toMillis(), TimeUnit.MILLISECONDS)) {
        reporter.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
