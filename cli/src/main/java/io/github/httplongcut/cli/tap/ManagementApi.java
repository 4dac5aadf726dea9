package io.github.httplongcut.cli.tap;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.cli.CommandFailedException;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;

/**
 * The few calls of RabbitMQ's management API that AMQP itself has nothing for. They need an
 * administrator.
 */
final class ManagementApi {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final ObjectMapper json = new ObjectMapper();
  private final URI base;
  private final String login;
  private final String vhost;

  /**
   * @param url of the management UI, with the login in it
   * @param vhost the vhost that every call is about
   */
  ManagementApi(URI url, String vhost) {
    if (url.getHost() == null
        || !("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
      throw new CommandFailedException("--management: expected http://user:password@host:port");
    }
    if (url.getRawUserInfo() == null || !url.getRawUserInfo().contains(":")) {
      throw new CommandFailedException(
          "--management: the URL needs a login: http://user:password@host:port");
    }
    String path = url.getRawPath() == null ? "" : url.getRawPath().replaceFirst("/+$", "");
    String port = url.getPort() < 0 ? "" : ":" + url.getPort();
    this.base = URI.create(url.getScheme() + "://" + url.getHost() + port + path);
    this.login = percentDecoded(url.getRawUserInfo());
    this.vhost = vhost;
  }

  /** The page of a queue in the management UI, for a person to open. */
  String queuePage(String queue) {
    return base + "/#/queues/" + encoded(vhost) + "/" + encoded(queue);
  }

  boolean tracing() {
    return vhost().path("tracing").asBoolean();
  }

  /**
   * Turns the vhost's tracing on or off. RabbitMQ takes what a PUT leaves out for empty, so the
   * rest goes along.
   */
  void setTracing(boolean on) {
    JsonNode now = vhost();
    ObjectNode wanted = json.createObjectNode().put("tracing", on);
    for (String field : new String[] {"description", "tags", "default_queue_type"}) {
      JsonNode value = now.path(field);
      if (value.isArray() || (value.isTextual() && !value.asText().equals("undefined"))) {
        wanted.set(field, value);
      }
    }
    call("PUT", "/api/vhosts/" + encoded(vhost), wanted);
  }

  /** How many queues and exchanges are bound to that exchange. */
  int bindingsOf(String exchange) {
    return call(
            "GET",
            "/api/exchanges/" + encoded(vhost) + "/" + encoded(exchange) + "/bindings/source",
            null)
        .size();
  }

  private JsonNode vhost() {
    return call("GET", "/api/vhosts/" + encoded(vhost), null);
  }

  private JsonNode call(String method, String path, JsonNode body) {
    URI uri = URI.create(base + path);
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .timeout(TIMEOUT)
            .header(
                "Authorization",
                "Basic " + Base64.getEncoder().encodeToString(login.getBytes(UTF_8)))
            .header("Content-Type", "application/json")
            .method(
                method,
                body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body.toString()))
            .build();
    try {
      HttpResponse<byte[]> response = http.send(request, BodyHandlers.ofByteArray());
      check(response, uri);
      return json.readTree(response.body());
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot talk to RabbitMQ's management API at " + base + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailedException("interrupted", e);
    }
  }

  private void check(HttpResponse<?> response, URI uri) {
    int status = response.statusCode();
    String user = login.substring(0, login.indexOf(':'));
    if (status == 401 || status == 403) {
      throw new CommandFailedException(
          "RabbitMQ's management API refuses '"
              + user
              + "' ("
              + status
              + "): the tap needs an administrator");
    }
    if (status == 404) {
      throw new CommandFailedException(
          "RabbitMQ's management API at " + base + " knows no " + uri.getPath());
    }
    if (status / 100 != 2) {
      throw new CommandFailedException(
          "RabbitMQ's management API answers " + status + " to " + uri.getPath());
    }
  }

  private static String encoded(String segment) {
    return URLEncoder.encode(segment, UTF_8).replace("+", "%20");
  }

  /** {@link URLDecoder} is for forms, where a plus is a space. */
  private static String percentDecoded(String s) {
    return URLDecoder.decode(s.replace("+", "%2B"), UTF_8);
  }
}
