package io.github.httplongcut.broker.inspect;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.httplongcut.broker.inspect.CapturedExchange.CapturedRequest;
import io.github.httplongcut.broker.inspect.CapturedExchange.CapturedResponse;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Captured requests and their responses by {@code client_req_id}, bounded in bytes: the oldest are
 * dropped first. Only the loop adds, the admin pages read. Thread-safe; the lock is never held
 * while bodies are copied or masked.
 *
 * <p>Secrets are masked before they are kept, unless replays need them. {@link #shown} masks them
 * in any case.
 */
public final class Captures {

  private final InspectConfig config;
  private final Masking masking;
  private final ReentrantLock lock = new ReentrantLock();

  /** In the order of capture. */
  @GuardedBy("lock")
  private final Map<UUID, CapturedExchange> exchanges = new LinkedHashMap<>();

  @GuardedBy("lock")
  private long bytes;

  /** Creates an empty store, which stays empty unless {@code inspect.capture} is true. */
  public Captures(InspectConfig config) {
    this.config = config;
    this.masking = new Masking(new SensitiveNames(config.mask()));
  }

  /** Returns whether captured requests may be sent again. */
  boolean allowReplays() {
    return config.replay();
  }

  /** Keeps a request, if capturing is on. The first request of an id stays. */
  public void onRequest(ClientRequest event) {
    if (config.capture() && find(event.clientReqId()).isEmpty()) {
      put(event.clientReqId(), new CapturedExchange(capture(event.request()), Optional.empty()));
    }
  }

  /** Keeps the response to a request, if capturing is on and the request is still kept. */
  public void onResponse(UUID clientReqId, Response response) {
    if (config.capture()) {
      find(clientReqId).ifPresent(it -> put(clientReqId, it.answeredBy(capture(response))));
    }
  }

  private CapturedRequest capture(Request request) {
    CapturedRequest original =
        new CapturedRequest(
            request.upstreamTarget(),
            request.method(),
            request.url(),
            CapturedMessage.of(
                request.headers(), CapturedBody.of(request.body(), config.maxBodyBytes())));
    return config.replay() ? original : masking.mask(original);
  }

  private CapturedResponse capture(Response response) {
    CapturedBody body = CapturedBody.of(response.body(), config.maxBodyBytes());
    // Never sent again, so its secrets are not needed.
    return masking.mask(
        new CapturedResponse(response.statusCode(), CapturedMessage.of(response.headers(), body)));
  }

  private void put(UUID id, CapturedExchange exchange) {
    lock.lock();
    try {
      CapturedExchange before = exchanges.put(id, exchange);
      bytes += exchange.footprint() - (before == null ? 0 : before.footprint());
      dropOldest();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void dropOldest() {
    Iterator<CapturedExchange> oldest = exchanges.values().iterator();
    while (bytes > config.maxBytes()) {
      bytes -= oldest.next().footprint();
      oldest.remove();
    }
  }

  /** Returns whether the request with this {@code client_req_id} is kept. */
  public boolean contains(UUID clientReqId) {
    return config.capture() && find(clientReqId).isPresent();
  }

  /** Returns an exchange as it is kept, with its secrets if replays are on. */
  Optional<CapturedExchange> find(UUID clientReqId) {
    lock.lock();
    try {
      return Optional.ofNullable(exchanges.get(clientReqId));
    } finally {
      lock.unlock();
    }
  }

  /** Returns an exchange for people: without secrets. */
  Optional<CapturedExchange> shown(UUID clientReqId) {
    return find(clientReqId)
        .map(
            exchange ->
                new CapturedExchange(
                    masking.mask(exchange.request()), exchange.response().map(masking::mask)));
  }

  /** Returns the bytes of all exchanges. For tests. */
  long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }
}
