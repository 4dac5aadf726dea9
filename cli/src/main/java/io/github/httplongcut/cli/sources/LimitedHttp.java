package io.github.httplongcut.cli.sources;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.config.Authority;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.bootstrap.HttpRequester;
import org.apache.hc.core5.http.impl.bootstrap.RequesterBootstrap;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.Timeout;

/**
 * HTTP client for one server. Each request has a connection of its own, takes a limited time in
 * all, and fails if its answer is larger than {@link AnswerSize} allows. Follows no redirects.
 * Accepts host names with an underscore, which Java's HTTP client rejects.
 */
final class LimitedHttp {

  /** Largest body of which only the end is kept. */
  private static final long MAX_READ = 64L << 20;

  private static final int MAX_HEADER_LINE = 8 << 10;
  private static final int MAX_HEADERS = 100;
  private static final int OK = 200;

  private final String address;
  private final HttpHost host;
  private final Optional<SSLContext> tls;
  private final Map<String, String> headers;
  private final Limits limits;

  /**
   * Bounds of each request.
   *
   * @param time longest time
   * @param size largest answer
   */
  record Limits(Duration time, AnswerSize size) {}

  /**
   * Creates a client.
   *
   * @param scheme {@code http} or {@code https}
   * @param tls trusted certificates for https; empty for those of the JVM
   * @param headers header fields of all requests
   */
  LimitedHttp(
      String scheme,
      Authority server,
      Optional<SSLContext> tls,
      Map<String, String> headers,
      Limits limits) {
    String port = server.port() < 0 ? "" : ":" + server.port();
    this.address = scheme + "://" + server.host() + port;
    this.host = new HttpHost(scheme, server.hostName(), portOf(scheme, server));
    this.tls = tls;
    this.headers = Map.copyOf(headers);
    this.limits = limits;
  }

  private static int portOf(String scheme, Authority server) {
    if (server.port() >= 0) {
      return server.port();
    }
    return scheme.equals("https") ? 443 : 80;
  }

  /** Returns the address of the server, without a login: {@code http://127.0.0.1:8002}. */
  String address() {
    return address;
  }

  /**
   * Sends a request.
   *
   * @param path path and query
   * @param json the content; empty for none
   * @throws IOException if there is no valid answer
   */
  HttpAnswer send(String method, String path, Optional<byte[]> json) throws IOException {
    ClassicHttpRequest request = request(method, path);
    json.ifPresent(
        content -> request.setEntity(new ByteArrayEntity(content, ContentType.APPLICATION_JSON)));
    return exchanged(request, (requester, response) -> read(requester, response, limits.size));
  }

  /**
   * Sends a GET for a text that may be large, and keeps its last lines.
   *
   * @param maxKept number of bytes that are kept
   * @return empty unless the status is 200
   * @throws IOException if there is no valid answer
   */
  Optional<TextEnd> end(String path, int maxKept) throws IOException {
    return exchanged(
        request("GET", path), (requester, response) -> end(requester, response, maxKept));
  }

  /**
   * Sends a GET for a JSON list of any length, and visits its elements while they arrive.
   *
   * @param visitor gets each element with its text fields, on another thread
   * @return the answer, without its body if the status is 200
   * @throws IOException if there is no valid answer
   */
  HttpAnswer list(String path, Consumer<ObjectNode> visitor) throws IOException {
    return exchanged(
        request("GET", path), (requester, response) -> list(requester, response, visitor));
  }

  private ClassicHttpRequest request(String method, String path) {
    ClassicHttpRequest request = new BasicClassicHttpRequest(method, host, path);
    headers.forEach(request::setHeader);
    return request;
  }

  private interface Reader<T> {
    T read(HttpRequester requester, ClassicHttpResponse response) throws IOException;
  }

  private <T> T exchanged(ClassicHttpRequest request, Reader<T> reader) throws IOException {
    HttpRequester requester = requester();
    try {
      return TimeLimit.run(
          limits.time,
          address,
          () -> exchange(requester, request, reader),
          () -> requester.close(CloseMode.IMMEDIATE));
    } finally {
      requester.close(CloseMode.IMMEDIATE);
    }
  }

  private HttpRequester requester() {
    Timeout timeout = Timeout.of(limits.time);
    RequesterBootstrap bootstrap =
        RequesterBootstrap.bootstrap()
            .setSocketConfig(SocketConfig.custom().setSoTimeout(timeout).build())
            .setHttp1Config(
                Http1Config.custom()
                    .setMaxLineLength(MAX_HEADER_LINE)
                    .setMaxHeaderCount(MAX_HEADERS)
                    .build())
            // Java then compares the certificate with the host name.
            .setSslSetupHandler(
                parameters -> parameters.setEndpointIdentificationAlgorithm("HTTPS"));
    tls.ifPresent(bootstrap::setSslContext);
    return bootstrap.create();
  }

  private <T> T exchange(HttpRequester requester, ClassicHttpRequest request, Reader<T> reader)
      throws IOException {
    try {
      return requester.execute(
          host,
          request,
          Timeout.of(limits.time),
          HttpCoreContext.create(),
          response -> reader.read(requester, response));
    } catch (SocketTimeoutException e) {
      // The socket has the same limit, and may notice it first.
      throw TimeLimit.failure(limits.time, address, e);
    } catch (HttpException e) {
      throw new IOException("invalid HTTP: " + e.getMessage(), e);
    }
  }

  private static HttpAnswer read(
      HttpRequester requester, ClassicHttpResponse response, AnswerSize size) throws IOException {
    HttpEntity entity = response.getEntity();
    if (entity == null) {
      return new HttpAnswer(response.getCode(), new byte[0], size);
    }
    byte[] body = entity.getContent().readNBytes(size.maxBytes() + 1);
    if (body.length > size.maxBytes()) {
      // Otherwise the end of the exchange would read the rest.
      requester.close(CloseMode.IMMEDIATE);
      throw new IOException("the answer has more than " + (size.maxBytes() >> 20) + " MiB");
    }
    return new HttpAnswer(response.getCode(), body, size);
  }

  private static Optional<TextEnd> end(
      HttpRequester requester, ClassicHttpResponse response, int maxKept) throws IOException {
    HttpEntity entity = response.getEntity();
    if (response.getCode() != OK || entity == null) {
      requester.close(CloseMode.IMMEDIATE);
      return Optional.empty();
    }
    try {
      return Optional.of(TextEnd.read(entity.getContent(), maxKept, MAX_READ));
    } catch (IOException e) {
      requester.close(CloseMode.IMMEDIATE);
      throw e;
    }
  }

  private HttpAnswer list(
      HttpRequester requester, ClassicHttpResponse response, Consumer<ObjectNode> visitor)
      throws IOException {
    HttpEntity entity = response.getEntity();
    if (response.getCode() != OK || entity == null) {
      return read(requester, response, limits.size);
    }
    try {
      JsonList.read(entity.getContent(), visitor);
      return new HttpAnswer(OK, new byte[0], limits.size);
    } catch (IOException e) {
      requester.close(CloseMode.IMMEDIATE);
      throw e;
    }
  }
}
