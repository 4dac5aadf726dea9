package io.github.httplongcut.client.accesslog;

import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.ContextBase;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.Duration;
import ch.qos.logback.core.util.FileSize;
import io.github.httplongcut.config.StartException;
import java.nio.file.Path;

/** Opens the file, or standard output, to which the access log is written. */
final class Output {

  /** Shortest time between two checks of the size; Logback's default is a minute. */
  private static final Duration CHECK_INTERVAL = Duration.buildBySeconds(1);

  private Output() {}

  /**
   * Returns a started appender.
   *
   * @throws StartException if the file cannot be opened
   */
  static Appender<AccessEntry> open(AccessLogConfig config, ContextBase context) {
    OutputStreamAppender<AccessEntry> appender =
        config.file().map(file -> toFile(file, config, context)).orElseGet(ConsoleAppender::new);
    Encoder<AccessEntry> encoder = encoder(config);
    encoder.setContext(context);
    encoder.start();
    appender.setContext(context);
    appender.setName("access-log-output");
    appender.setEncoder(encoder);
    appender.start();
    if (!appender.isStarted()) {
      throw cannotOpen(config, context);
    }
    return appender;
  }

  private static Encoder<AccessEntry> encoder(AccessLogConfig config) {
    return switch (config.format()) {
      case COMBINED -> new CombinedEncoder();
      case JSON -> new JsonEncoder();
      case OFF -> throw new IllegalStateException("the access log is off");
    };
  }

  /** Appends to the file. Renames it to {@code FILE.1} when it is full, and so on. */
  private static OutputStreamAppender<AccessEntry> toFile(
      Path file, AccessLogConfig config, ContextBase context) {
    RollingFileAppender<AccessEntry> appender = new RollingFileAppender<>();
    appender.setContext(context);
    appender.setFile(file.toString());
    SizeBasedTriggeringPolicy<AccessEntry> size = new SizeBasedTriggeringPolicy<>();
    size.setContext(context);
    size.setMaxFileSize(new FileSize(config.maxSize()));
    size.setCheckIncrement(CHECK_INTERVAL);
    size.start();
    FixedWindowRollingPolicy names = new FixedWindowRollingPolicy();
    names.setContext(context);
    names.setParent(appender);
    names.setFileNamePattern(file + ".%i");
    names.setMinIndex(1);
    names.setMaxIndex(config.maxFiles());
    names.start();
    appender.setTriggeringPolicy(size);
    appender.setRollingPolicy(names);
    return appender;
  }

  private static StartException cannotOpen(AccessLogConfig config, ContextBase context) {
    Throwable cause =
        context.getStatusManager().getCopyOfStatusList().stream()
            .map(status -> status.getThrowable())
            .filter(throwable -> throwable != null)
            .findFirst()
            .orElse(null);
    return new StartException(
        "cannot write the access log %s: %s; choose another file with %s"
            .formatted(
                config.file().map(Path::toString).orElse("to standard output"),
                cause == null ? "see the log" : cause.getMessage(),
                "longcut.client-agent.access-log.file"),
        cause);
  }
}
