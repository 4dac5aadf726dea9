package io.github.httplongcut.client.accesslog;

import ch.qos.logback.core.status.Status;
import ch.qos.logback.core.status.StatusListener;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.loop.RateLimit;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what Logback reports about the access log's file: a full disk, a failed rotation. */
final class OutputProblems implements StatusListener {

  private static final Duration WARNING_INTERVAL = Duration.ofSeconds(10);
  private static final Logger log = LoggerFactory.getLogger(AccessLog.class);

  @GuardedBy("this")
  private final RateLimit warnings = new RateLimit(WARNING_INTERVAL);

  @Override
  public synchronized void addStatusEvent(Status status) {
    if (status.getEffectiveLevel() < Status.WARN || !warnings.allows(System.nanoTime())) {
      return;
    }
    Throwable cause = status.getThrowable();
    log.warn(
        "event=access_log_failed what={} why={} suppressed={}",
        LogText.quoted(status.getMessage()),
        LogText.quoted(cause == null ? "" : cause.getMessage()),
        warnings.takeSuppressed());
  }
}
