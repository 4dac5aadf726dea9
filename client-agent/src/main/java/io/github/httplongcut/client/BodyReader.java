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
 * Reads a request's content as it arrives, up to the limits. Takes up at most twice the memory of
 * the bytes that have arrived, whatever {@code Content-Length} announces. On the connection's I/O
 * thread.
 */
final class BodyReader {

  /**
   * Receives the bytes' number as they arrive, and the result: {@link #onBody} or {@link
   * #onRefused}, once. On the I/O thread.
   */
  interface Callback {
    void onBytes(int more);

    void onBody(Body body);

    void onRefused(RequestRefusedException why);
  }

  private static final Logger log = LoggerFactory.getLogger(BodyReader.class);

  private final HttpServerExchange httpExchange;
  private final Limits limits;
  private final Admission.Permit permit;
  private final Callback callback;
  private final long maxLength;
  private byte[] content = {};
  private int length;
  private StreamSourceChannel channel;
  private UploadPace pace;
  private XnioExecutor.Key timer;
  private boolean ended;

  /**
   * @param permit of the request; grows with the content
   */
  BodyReader(
      HttpServerExchange httpExchange,
      RequestHead head,
      Limits limits,
      Admission.Permit permit,
      Callback callback) {
    this.httpExchange = httpExchange;
    this.limits = limits;
    this.permit = permit;
    this.callback = callback;
    this.maxLength =
        head.framing() == RequestHead.Framing.CONTENT_LENGTH
            ? head.contentLength()
            : limits.maxRequestBody();
  }

  /** Starts to read, and goes on while the content arrives fast enough. */
  void start(UploadPace.Limits paceLimits) {
    channel = httpExchange.getRequestChannel();
    pace = new UploadPace(paceLimits, System.nanoTime());
    readAvailable();
    if (!ended) {
      awaitNextCheck(System.nanoTime());
      channel.getReadSetter().set(unused -> readAvailable());
      channel.resumeReads();
    }
  }

  private void awaitNextCheck(long now) {
    long millis = TimeUnit.NANOSECONDS.toMillis(pace.nanosToNextCheck(now)) + 1;
    timer = httpExchange.getIoThread().executeAfter(this::checkPace, millis, TimeUnit.MILLISECONDS);
  }

  private void readAvailable() {
    if (ended) {
      return;
    }
    try (PooledByteBuffer pooled = httpExchange.getConnection().getByteBufferPool().allocate()) {
      ByteBuffer buffer = pooled.getBuffer();
      int read = channel.read(buffer);
      while (read > 0) {
        append(buffer.flip());
        buffer.clear();
        read = channel.read(buffer);
      }
      if (read < 0) {
        Body body = Body.of(length == content.length ? content : Arrays.copyOf(content, length));
        end();
        callback.onBody(body);
      }
    } catch (RequestRefusedException e) {
      end();
      callback.onRefused(e);
    } catch (IOException e) {
      end();
      callback.onRefused(
          new RequestRefusedException(
              Failure.BAD_REQUEST, "the connection failed within the request body"));
    } catch (RuntimeException | Error e) { // nothing else would end the exchange
      log.error("event=bug part=body", e);
      if (!ended) {
        end();
        callback.onRefused(
            new RequestRefusedException(
                Failure.INTERNAL_ERROR, "internal error; see event=bug in the client agent's log"));
      }
    }
  }

  private void append(ByteBuffer buffer) throws RequestRefusedException {
    int more = buffer.remaining();
    callback.onBytes(more);
    long size = (long) length + more;
    if (size > limits.maxRequestBody()) {
      throw RequestHead.tooLarge(limits);
    }
    if (size > content.length) {
      grow((int) size, (int) Math.max(size, Math.min(2 * size, maxLength)));
    }
    pace.onRead(more, System.nanoTime());
    buffer.get(content, length, more);
    length += more;
  }

  private void grow(int needed, int preferred) throws RequestRefusedException {
    long now = System.nanoTime();
    if (permit.tryGrow(preferred - content.length, now)) {
      content = Arrays.copyOf(content, preferred);
    } else {
      permit.grow(needed - content.length, now);
      content = Arrays.copyOf(content, needed);
    }
  }

  private void checkPace() {
    long now = System.nanoTime();
    if (ended) {
      return;
    }
    if (!pace.isTooSlow(now)) {
      awaitNextCheck(now);
      return;
    }
    end();
    callback.onRefused(
        new RequestRefusedException(
            Failure.READ_TIMEOUT,
            "the request body arrived too slowly (read-timeout, min-upload-rate)"));
  }

  private void end() {
    ended = true;
    content = null; // a kept connection references this reader until its next request
    channel.suspendReads();
    if (timer != null) {
      timer.remove();
    }
  }
}
