package io.github.httplongcut.client.accesslog;

import static io.github.httplongcut.client.accesslog.AccessLogFixture.GET;
import static io.github.httplongcut.client.accesslog.AccessLogFixture.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.github.httplongcut.client.accesslog.AccessLogConfig.Format;
import io.github.httplongcut.client.accesslog.AccessLogConfig.Visibility;
import io.github.httplongcut.config.StartException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The file of the access log, its rotation, and lines that are dropped. */
class AccessLogTest {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @TempDir private Path directory;
  private AccessLog log;

  private final Logger logger = (Logger) LoggerFactory.getLogger(AccessLog.class);
  private final List<String> logged = new CopyOnWriteArrayList<>();
  private final AppenderBase<ILoggingEvent> recorder =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          logged.add(event.getFormattedMessage());
        }
      };

  @BeforeEach
  void recordLog() {
    recorder.start();
    logger.addAppender(recorder);
  }

  @AfterEach
  void close() {
    log.close();
    logger.detachAppender(recorder);
  }

  @Test
  void linesAreWrittenSoon() {
    Path file = directory.resolve("new/access.log");
    start(config(file, 1 << 20));

    log.write(entry(GET));

    await().until(() -> Files.exists(file) && Files.size(file) > 0);
    assertThat(file).content().startsWith("192.0.2.7 - - [").endsWith("x_request_id=\"-\"\n");
  }

  @Test
  void linesAreAppendedToTheFileOfTheLastProcess() throws IOException {
    Path file = Files.writeString(directory.resolve("access.log"), "old\n");
    start(config(file, 1 << 20));

    log.write(entry(GET));
    log.close();

    assertThat(Files.readAllLines(file)).hasSize(2).first().isEqualTo("old");
  }

  @Test
  void closeWritesTheLinesThatWait() throws IOException {
    Path file = directory.resolve("access.log");
    start(config(file, 1 << 20));

    for (int i = 0; i < 1_000; i++) {
      log.write(entry(GET));
    }
    log.close();

    assertThat(Files.readAllLines(file)).hasSize(1_000);
  }

  /** The size is checked at most once a second. */
  @Test
  void fullFileIsRotatedAndOldOnesAreDeleted() throws IOException {
    Path file = directory.resolve("access.log");
    Files.writeString(Path.of(file + ".1"), "rotated 1\n");
    Files.writeString(Path.of(file + ".2"), "rotated 2\n");
    start(config(file, 100));

    await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> {
              log.write(entry(GET));
              return !Files.readString(Path.of(file + ".1")).startsWith("rotated");
            });

    assertThat(Path.of(file + ".2")).hasContent("rotated 1\n");
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).hasSize(3);
    }
  }

  /** logrotate's copytruncate copies the file, and then truncates it. */
  @Test
  void linesAfterATruncationAreAtTheBeginningOfTheFile() throws IOException {
    Path file = directory.resolve("access.log");
    start(config(file, 1 << 20));
    log.write(entry(GET));
    await().until(() -> Files.size(file) > 0);
    long length = Files.size(file);

    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(0);
    }
    log.write(entry(GET));
    log.close();

    assertThat(Files.size(file)).isEqualTo(length);
  }

  @Test
  void fileThatCannotBeOpenedPreventsTheStart() throws IOException {
    Path notADirectory = Files.createFile(directory.resolve("file"));

    assertThatThrownBy(() -> start(config(notADirectory.resolve("access.log"), 1 << 20)))
        .isInstanceOf(StartException.class)
        .hasMessageContaining(notADirectory.resolve("access.log").toString())
        .hasMessageContaining("access-log.file");
  }

  @Test
  void withoutAFileLinesGoToStandardOutput() {
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
      start(new AccessLogConfig(Format.JSON, Optional.empty(), 1, 1, HIDDEN, HIDDEN));
      log.write(entry(GET));
      log.close();
    } finally {
      System.setOut(before);
    }

    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("{\"time\":").endsWith("}\n");
  }

  @Test
  void logThatIsOffOpensNoFile() {
    Path file = directory.resolve("access.log");
    start(new AccessLogConfig(Format.OFF, Optional.of(file), 1, 1, HIDDEN, HIDDEN));

    assertThat(log.isOn()).isFalse();
    assertThat(file).doesNotExist();
  }

  private static final Duration MAX_BLOCKED = Duration.ofSeconds(10);

  /** Output that blocks until it is released, as a disk that is too slow. */
  private static final class BlockedOutput extends AppenderBase<AccessEntry> {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch released = new CountDownLatch(1);
    final AtomicInteger written = new AtomicInteger();

    @Override
    protected void append(AccessEntry entry) {
      entered.countDown();
      block();
      written.incrementAndGet();
    }

    void block() {
      try {
        if (!released.await(MAX_BLOCKED.toMillis(), TimeUnit.MILLISECONDS)) {
          released.countDown(); // a test whose write blocks must end, too
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Test
  void linesAreDroppedAndCountedWhileTheOutputIsBlocked() {
    BlockedOutput output = new BlockedOutput();
    log = blocked(output);
    log.start();
    log.write(entry(GET)); // alone, so that the thread takes no others with it
    await().until(() -> output.entered.getCount() == 0);
    int more = 3 * AccessLog.QUEUE_SIZE;
    long begun = System.nanoTime();

    for (int i = 0; i < more; i++) {
      log.write(entry(GET));
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(MAX_BLOCKED);
    int waiting = AccessLog.QUEUE_SIZE + 1;
    assertThat(dropped()).isEqualTo(more - waiting);
    output.released.countDown();

    await().until(() -> output.written.get() == 1 + waiting);
    log.close();
    assertThat(logged)
        .hasSizeBetween(1, 2) // one at the end, and one before it if a second has passed
        .allMatch(line -> line.startsWith("event=access_log_dropped lines="))
        .last()
        .asString()
        .contains(" total=" + dropped() + " ");
  }

  /** Both logs may go to the same pipe. */
  @Test
  void requestsDoNotWaitForTheWarningThatLinesAreDropped() {
    BlockedOutput output = new BlockedOutput();
    CountDownLatch warned = new CountDownLatch(1);
    AppenderBase<ILoggingEvent> blockedLog =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            warned.countDown();
            output.block();
          }
        };
    blockedLog.start();
    logger.addAppender(blockedLog);
    try {
      log = blocked(output);
      log.start();
      long begun = System.nanoTime();
      for (int i = 0; i < 3 * AccessLog.QUEUE_SIZE; i++) {
        log.write(entry(GET));
      }
      await().until(() -> warned.getCount() == 0);
      log.write(entry(GET));

      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(MAX_BLOCKED);
      assertThat(output.released.getCount()).isOne();
    } finally {
      output.released.countDown();
      logger.detachAppender(blockedLog);
    }
  }

  private AccessLog blocked(BlockedOutput output) {
    return new AccessLog(
        config(directory.resolve("unused"), 1),
        context -> {
          output.setContext(context);
          output.start();
          return output;
        },
        registry);
  }

  /** Linux's device that is always full. */
  @Test
  void fullDiskIsLogged() {
    start(config(Path.of("/dev/full"), 1 << 20));

    log.write(entry(GET));

    await().until(() -> !logged.isEmpty());
    assertThat(logged.get(0))
        .startsWith("event=access_log_failed what=\"")
        .contains("why=\"No space left on device\"");
  }

  @Test
  void nothingIsDroppedByAnOutputThatIsFastEnough() {
    start(config(directory.resolve("access.log"), 1 << 20));

    log.write(entry(GET));
    log.close();

    assertThat(dropped()).isZero();
    assertThat(logged).isEmpty();
  }

  private static final Visibility HIDDEN = Visibility.HIDDEN;

  private static AccessLogConfig config(Path file, long maxSize) {
    return new AccessLogConfig(Format.COMBINED, Optional.of(file), maxSize, 2, HIDDEN, HIDDEN);
  }

  private void start(AccessLogConfig config) {
    log = new AccessLog(config, registry);
    log.start();
  }

  private int dropped() {
    return (int) registry.get("longcut.client.access.log.dropped").functionCounter().count();
  }
}
