package io.github.httplongcut.admin;

import io.github.httplongcut.logging.RecentLines;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Pages about the process that every role has: {@code /api/process}, {@code /api/config}, {@code
 * /api/threads} and {@code /api/log}.
 */
public final class ProcessPages {

  private ProcessPages() {}

  /**
   * Adds the pages.
   *
   * @param settings the text of {@code /api/config}
   */
  public static void add(AdminPages pages, ProcessInfo process, String settings) {
    pages.add("/api/process", query -> process.page());
    pages.add("/api/config", query -> PageAnswer.text(settings));
    pages.add("/api/threads", query -> PageAnswer.text(threadDump()));
    pages.add("/api/log", query -> log(RecentLines.ofThisProcess()));
  }

  private static PageAnswer log(Optional<RecentLines> lines) {
    return lines
        .map(recent -> PageAnswer.text(recent.text()))
        .orElseGet(
            () -> PageAnswer.text(404, "this process keeps no log lines: see logback.xml\n"));
  }

  /** Returns the thread dump of the JVM, the same as that of {@code jstack -l}. */
  private static String threadDump() {
    try {
      Object[] arguments = {new String[] {"-l"}};
      String[] types = {String[].class.getName()};
      return (String)
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "threadPrint",
                  arguments,
                  types);
    } catch (JMException e) {
      throw new IllegalStateException("this JVM prints no thread dump", e);
    }
  }
}
