package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.SocketException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class DriverExceptionLogTest {

  private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
  private final Logger all = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);

  @BeforeEach
  void listen() {
    appender.start();
    all.addAppender(appender);
  }

  @AfterEach
  void end() {
    all.detachAppender(appender);
  }

  @Test
  void lostConnectionIsAWarningOfOneLine() {
    SocketException lost = new SocketException("Connection or inbound has closed");

    new DriverExceptionLog().handleUnexpectedConnectionDriverException(null, lost);

    assertThat(ofTheDriver()).extracting(ILoggingEvent::getLevel).containsExactly(Level.WARN);
    assertThat(ofTheDriver().get(0).getThrowableProxy()).isNull();
    assertThat(ofTheDriver().get(0).getFormattedMessage()).contains("has closed");
  }

  @Test
  void bugIsAnError() {
    IllegalStateException bug = new IllegalStateException("a bug");

    new DriverExceptionLog().handleUnexpectedConnectionDriverException(null, bug);

    assertThat(ofTheDriver()).extracting(ILoggingEvent::getLevel).containsExactly(Level.ERROR);
  }

  private List<ILoggingEvent> ofTheDriver() {
    return appender.list.stream()
        .filter(each -> each.getLoggerName().matches(".*(DriverExceptionLog|ExceptionHandler)"))
        .toList();
  }
}
