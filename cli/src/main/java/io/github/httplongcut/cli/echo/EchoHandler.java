package io.github.httplongcut.cli.echo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.HttpRequestHandler;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.http.protocol.HttpContext;

/** Answers every request with a {@link Reply} that describes it, on the connection's own thread. */
final class EchoHandler implements HttpRequestHandler {

  static final int MAX_REQUEST_BODY = 64 << 20;
  static final int MAX_BYTES = 256 << 20;
  static final int MAX_COOKIES = 1000;
  static final int MAX_DELAY_MS = 600_000;

  /**
   * JSON without the library's charset parameter, which JSON does not have (RFC 8259 section 11).
   */
  private static final ContentType JSON = ContentType.create("application/json");

  private static final Pattern COMMAND =
      Pattern.compile("/(status|delay|bytes|cookies)/([0-9]{1,9})(?:\\?.*)?");

  private final ObjectMapper json = new ObjectMapper();

  /**
   * Description of a received request.
   *
   * @param url the request target, unchanged from the request line
   * @param headers {@code [name, value]} pairs in the order of reception; a value's bytes are read
   *     as ISO 8859-1
   * @param body the body in base64; empty if the request has none
   */
  record Reply(String method, String url, List<List<String>> headers, String body) {}

  @Override
  public void handle(ClassicHttpRequest request, ClassicHttpResponse response, HttpContext context)
      throws IOException {
    byte[] body = bodyOf(request);
    if (body.length > MAX_REQUEST_BODY) {
      refuse(response, 413, "the request body is longer than " + MAX_REQUEST_BODY + " bytes");
      return;
    }
    String target = ((ReceivedRequest) request).target();
    byte[] reply = describe(request, target, body);
    Matcher command = COMMAND.matcher(target);
    if (command.matches()) {
      answer(response, command.group(1), Integer.parseInt(command.group(2)), reply);
    } else {
      answer(response, 200, reply);
    }
  }

  private static void answer(ClassicHttpResponse response, String command, int n, byte[] reply)
      throws IOException {
    switch (command) {
      case "status" -> {
        if (inRange(response, n, 200, 599)) {
          answer(response, n, reply);
        }
      }
      case "delay" -> {
        if (inRange(response, n, 0, MAX_DELAY_MS)) {
          delay(n);
          answer(response, 200, reply);
        }
      }
      case "bytes" -> {
        if (inRange(response, n, 0, MAX_BYTES)) {
          response.setCode(200);
          response.setEntity(new GeneratedEntity(n));
        }
      }
      case "cookies" -> {
        if (inRange(response, n, 0, MAX_COOKIES)) {
          for (int i = 1; i <= n; i++) {
            response.addHeader("Set-Cookie", "cookie-" + i + "=" + i + "; Path=/");
          }
          answer(response, 200, reply);
        }
      }
      default -> throw new IllegalArgumentException(command);
    }
  }

  private static void answer(ClassicHttpResponse response, int status, byte[] reply) {
    response.setCode(status);
    // Responses with these statuses have no body (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5).
    if (status != 204 && status != 205 && status != 304) {
      response.setEntity(new ByteArrayEntity(reply, JSON));
    }
  }

  private static boolean inRange(ClassicHttpResponse response, int n, int min, int max) {
    if (n < min || n > max) {
      refuse(response, 400, n + " is not between " + min + " and " + max);
      return false;
    }
    return true;
  }

  private static void refuse(ClassicHttpResponse response, int status, String why) {
    response.setCode(status);
    response.setEntity(new StringEntity(why + "\n", ContentType.TEXT_PLAIN));
  }

  private static void delay(int millis) throws InterruptedIOException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the server is stopping");
    }
  }

  /** Returns the body; at most one byte more than the limit. */
  private static byte[] bodyOf(ClassicHttpRequest request) throws IOException {
    try (HttpEntity entity = request.getEntity()) {
      if (entity == null) {
        return new byte[0];
      }
      try (InputStream content = entity.getContent()) {
        return content.readNBytes(MAX_REQUEST_BODY + 1);
      }
    }
  }

  private byte[] describe(ClassicHttpRequest request, String target, byte[] body)
      throws JsonProcessingException {
    List<List<String>> headers = new ArrayList<>();
    for (Header header : request.getHeaders()) {
      headers.add(List.of(header.getName(), header.getValue() == null ? "" : header.getValue()));
    }
    return json.writeValueAsBytes(
        new Reply(request.getMethod(), target, headers, Base64.getEncoder().encodeToString(body)));
  }
}
