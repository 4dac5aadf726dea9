package io.github.httplongcut.system.clients;

import io.github.httplongcut.system.clients.ClientCall.Field;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Java's HttpClient with its default settings. It prefers HTTP/2 and asks for it with {@code
 * Upgrade: h2c} in the first request of each connection.
 */
final class JavaClient implements Client {

  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private HttpClient following;
  private HttpClient notFollowing;

  JavaClient() {
    forget();
  }

  @Override
  public String name() {
    return "Java's HttpClient";
  }

  @Override
  public Set<Skill> skills() {
    return Set.of(Skill.values());
  }

  @Override
  public ClientAnswer call(URI base, ClientCall call) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + call.path()))
            .timeout(TIMEOUT)
            .method(call.method(), BodyPublishers.noBody());
    call.headers().forEach(field -> request.header(field.name(), field.value()));
    if (call.compressed()) {
      request.header("Accept-Encoding", "gzip");
    }
    if (call.content() instanceof ClientCall.Sized sized) {
      request.method(call.method(), BodyPublishers.ofByteArray(sized.data()));
      request.header("Content-Type", sized.type());
    } else if (call.content() instanceof ClientCall.Chunked chunked) {
      BodyPublisher unknownLength =
          BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(chunked.data()));
      request.method(call.method(), unknownLength);
      request.header("Content-Type", chunked.type());
    } else if (call.content() instanceof ClientCall.Upload upload) {
      request.method(call.method(), BodyPublishers.ofByteArray(Multipart.of(upload)));
      request.header("Content-Type", Multipart.TYPE);
    }
    return answer(send(call.follow() ? following : notFollowing, request.build()));
  }

  static HttpResponse<byte[]> send(HttpClient http, HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static ClientAnswer answer(HttpResponse<byte[]> response) {
    List<Field> fields = new ArrayList<>();
    response
        .headers()
        .map()
        .forEach((name, values) -> values.forEach(value -> fields.add(new Field(name, value))));
    return new ClientAnswer(response.statusCode(), response.uri(), fields, response.body());
  }

  @Override
  public void forget() {
    CookieManager cookies = new CookieManager();
    following =
        HttpClient.newBuilder().cookieHandler(cookies).followRedirects(Redirect.NORMAL).build();
    notFollowing =
        HttpClient.newBuilder().cookieHandler(cookies).followRedirects(Redirect.NEVER).build();
  }

  @Override
  public void close() {
    // HttpClient closes its connections once it is unreachable.
  }
}
