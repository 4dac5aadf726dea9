package io.github.httplongcut.admin;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.ETag;
import io.undertow.util.ETagUtils;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/** File of the page, from the class path. Browsers keep it and ask whether it has changed. */
final class StaticFile implements HttpHandler {

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "mjs", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml",
          "txt", "text/plain; charset=utf-8");

  private final byte[] content;
  private final String type;
  private final ETag tag;

  /**
   * Reads the file.
   *
   * @param resource name on the class path, such as {@code page/index.html}
   * @throws IllegalArgumentException if the resource does not exist, or its suffix is unknown
   */
  StaticFile(String resource) {
    type = TYPES.get(resource.substring(resource.lastIndexOf('.') + 1));
    if (type == null) {
      throw new IllegalArgumentException("no content type for " + resource);
    }
    content = read(resource);
    tag = new ETag(false, digest(content));
  }

  private static byte[] read(String resource) {
    try (InputStream in = StaticFile.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalArgumentException("not on the class path: " + resource);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
  }

  private static String digest(byte[] content) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JVM has SHA-256
    }
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) {
    SecurityHeaders.add(exchange, "no-cache");
    exchange.getResponseHeaders().put(Headers.ETAG, tag.toString());
    if (!ETagUtils.handleIfNoneMatch(exchange, tag, true)) {
      exchange.setStatusCode(StatusCodes.NOT_MODIFIED);
      return;
    }
    exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, type);
    exchange.getResponseSender().send(ByteBuffer.wrap(content));
  }
}
