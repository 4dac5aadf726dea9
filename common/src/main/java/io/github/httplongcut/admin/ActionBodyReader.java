package io.github.httplongcut.admin;

import io.undertow.server.Connectors;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import io.undertow.util.StatusCodes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;
import org.xnio.channels.StreamSourceChannel;

/**
 * Reads the whole body of a request on the I/O thread, then calls the next handler there. A body
 * above {@link #MAX_BYTES} is answered with 413. A client that does not send the body in time loses
 * its connection.
 */
final class ActionBodyReader implements HttpHandler {

  /** Longest body. */
  static final int MAX_BYTES = 64 << 10;

  private static final AttachmentKey<String> BODY = AttachmentKey.create(String.class);

  private final HttpHandler next;
  private final Duration timeout;

  /**
   * @param timeout time to send the body
   */
  ActionBodyReader(HttpHandler next, Duration timeout) {
    this.next = next;
    this.timeout = timeout;
  }

  /** Returns the body, read as UTF-8; empty if none was read. */
  static String of(HttpServerExchange exchange) {
    String body = exchange.getAttachment(BODY);
    return body == null ? "" : body;
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) throws Exception {
    if (exchange.getRequestContentLength() > MAX_BYTES) {
      refuse(exchange);
    } else if (exchange.isRequestComplete()) {
      next.handleRequest(exchange);
    } else {
      Runnable start = () -> new Reading(exchange).start();
      exchange.dispatch(exchange.getIoThread(), start);
    }
  }

  private static void refuse(HttpServerExchange exchange) {
    exchange.setPersistent(false); // The rest of the body is not worth reading.
    AdminPages.send(
        exchange,
        PageAnswer.error(
            StatusCodes.REQUEST_ENTITY_TOO_LARGE,
            "too_large",
            "the body has more than " + MAX_BYTES + " bytes"));
  }

  /** The reading of one body, on the I/O thread. */
  private final class Reading {

    private final HttpServerExchange exchange;
    private final StreamSourceChannel channel;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final ByteBuffer buffer = ByteBuffer.allocate(8 << 10);
    private final XnioExecutor.Key tooLate;

    Reading(HttpServerExchange exchange) {
      this.exchange = exchange;
      this.channel = exchange.getRequestChannel();
      tooLate =
          exchange
              .getIoThread()
              .executeAfter(
                  () -> IoUtils.safeClose(exchange.getConnection()),
                  timeout.toMillis(),
                  TimeUnit.MILLISECONDS);
    }

    void start() {
      channel.getReadSetter().set(readable -> read());
      read();
    }

    private void read() {
      try {
        int count;
        while ((count = channel.read(buffer)) > 0) {
          body.write(buffer.array(), 0, buffer.position());
          buffer.clear();
          if (body.size() > MAX_BYTES) {
            end(ActionBodyReader::refuse);
            return;
          }
        }
        if (count == 0) {
          channel.resumeReads();
        } else {
          exchange.putAttachment(BODY, body.toString(StandardCharsets.UTF_8));
          end(next);
        }
      } catch (IOException e) {
        tooLate.remove();
        IoUtils.safeClose(exchange.getConnection());
      }
    }

    private void end(HttpHandler handler) {
      tooLate.remove();
      channel.suspendReads();
      channel.getReadSetter().set(null);
      Connectors.executeRootHandler(handler, exchange);
    }
  }
}
