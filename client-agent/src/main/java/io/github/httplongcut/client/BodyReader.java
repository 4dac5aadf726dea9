package io.github.httplongcut.client;

import io.github.httplongcut.client.ClientAgentConfig.Limits;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Failure;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.XnioExecutor;
import org.xnio.channels.StreamSourceChannel;

/**
 * Reads a request's content as it comes, up to the limits. It takes up what has come, at most twice
 * that, whatever was announced. On the connection's I/O thread.
 */
final class BodyReader {

  /** Who waits for the content; one of the two is called, once, on the I/O thread. */
  interface Listener {
    void onBody(Body body);

    void onRefused(RequestRefusedException why);
  }

  private static final Logger log = LoggerFactory.getLogger(BodyReader.class);

  private final HttpServerExchange httpExchange;
  private final Limits limits;
  private final Admission.Permit permit;
  private final Listener listener;
  private final long most;
  private byte[] content = {};
  private int length;
  private StreamSourceChannel channel;
  private UploadPace pace;
  private XnioExecutor.Key timer;
  private boolean over;

  /**
   * @param permit grows with the content
   */
  BodyReader(
      HttpServerExchange httpExchange,
      RequestHead head,
      Limits limits,
      Admission.Permit permit,
      Listener listener) {
    this.httpExchange = httpExchange;
    this.limits = limits;
    this.permit = permit;
    this.listener = listener;
    this.most =
        head.content() == RequestHead.Content.SIZED
            ? head.contentLength()
            : limits.maxRequestBody();
  }

  /** Reads what is there and waits for the rest, while it comes fast enough. */
  void start(UploadPace.Limits paceLimits) {
    channel = httpExchange.getRequestChannel();
    pace = new UploadPace(paceLimits, System.nanoTime());
    readOn();
    if (!over) {
      awaitNextCheck(System.nanoTime());
      channel.getReadSetter().set(unused -> readOn());
      channel.resumeReads();
    }
  }

  private void awaitNextCheck(long now) {
    long millis = TimeUnit.NANOSECONDS.toMillis(pace.nanosToNextCheck(now)) + 1;
    timer = httpExchange.getIoThread().executeAfter(this::checkPace, millis, TimeUnit.MILLISECONDS);
  }

  private void readOn() {
    if (over) {
      return;
    }
    try (PooledByteBuffer pooled = httpExchange.getConnection().getByteBufferPool().allocate()) {
      ByteBuffer buffer = pooled.getBuffer();
      int read = channel.read(buffer);
      while (read > 0) {
        take(buffer.flip());
        buffer.clear();
        read = channel.read(buffer);
      }
      if (read < 0) {
        Body body = Body.of(length == content.length ? content : Arrays.copyOf(content, length));
        end();
        listener.onBody(body);
      }
    } catch (RequestRefusedException e) {
      end();
      listener.onRefused(e);
    } catch (IOException e) {
      end();
      listener.onRefused(new RequestRefusedException(Failure.BAD_REQUEST, "the body broke off"));
    } catch (RuntimeException | Error e) { // nobody else would end the exchange
      log.error("event=bug part=body", e);
      if (!over) {
        end();
        listener.onRefused(
            new RequestRefusedException(Failure.INTERNAL_ERROR, "a bug: see the log"));
      }
    }
  }

  private void take(ByteBuffer buffer) throws RequestRefusedException {
    int more = buffer.remaining();
    long size = (long) length + more;
    if (size > limits.maxRequestBody()) {
      throw RequestHead.tooLarge(limits);
    }
    if (size > content.length) {
      grow((int) size, (int) Math.max(size, Math.min(2 * size, most)));
    }
    pace.onRead(more, System.nanoTime());
    buffer.get(content, length, more);
    length += more;
  }

  private void grow(int needed, int wished) throws RequestRefusedException {
    long now = System.nanoTime();
    if (permit.tryGrow(wished - content.length, now)) {
      content = Arrays.copyOf(content, wished);
    } else {
      permit.grow(needed - content.length, now);
      content = Arrays.copyOf(content, needed);
    }
  }

  private void checkPace() {
    long now = System.nanoTime();
    if (over) {
      return;
    }
    if (!pace.isTooSlow(now)) {
      awaitNextCheck(now);
      return;
    }
    end();
    listener.onRefused(
        new RequestRefusedException(Failure.READ_TIMEOUT, "the body came too slowly"));
  }

  private void end() {
    over = true;
    content = null; // a kept connection knows this reader until its next request
    channel.suspendReads();
    if (timer != null) {
      timer.remove();
    }
  }
}
