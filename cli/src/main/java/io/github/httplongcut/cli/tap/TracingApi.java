package io.github.httplongcut.cli.tap;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.config.Authority;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.Base64;
import java.util.Optional;

/**
 * Client of RabbitMQ's management API, for operations that AMQP does not have. Needs an
 * administrator's login. Uses {@link HttpURLConnection}, because Java's newer HTTP client rejects
 * host names with an underscore.
 */
final class TracingApi {

  private static final int TIMEOUT_MS = 10_000;

  private final ObjectMapper json = new ObjectMapper();
  private final URI base;
  private final String login;
  private final String vhost;

  /**
   * Creates a client.
   *
   * @param url URL of the management UI, including the login
   * @param vhost vhost of all calls
   */
  TracingApi(URI url, String vhost) {
    Optional<Authority> server = Authority.of(url);
    if (server.isEmpty() || !("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
      throw new CommandFailedException(
          "--management: expected http://user:password@host:port, with "
              + RabbitAccess.SPECIAL_CHARACTERS
              + " in the password");
    }
    Authority authority = server.get();
    String userInfo = authority.userInfo().orElse("");
    if (!userInfo.contains(":")) {
      throw new CommandFailedException(
          "--management: the URL has no login; expected http://user:password@host:port, with "
              + RabbitAccess.SPECIAL_CHARACTERS
              + " in the password");
    }
    String path = url.getRawPath() == null ? "" : url.getRawPath().replaceFirst("/+$", "");
    String port = authority.port() < 0 ? "" : ":" + authority.port();
    this.base = URI.create(url.getScheme() + "://" + authority.host() + port + path);
    this.login = percentDecoded(userInfo);
    this.vhost = vhost;
  }

  /** Returns the URL of a queue's page in the management UI. */
  String queuePage(String queue) {
    return base + "/#/queues/" + encoded(vhost) + "/" + encoded(queue);
  }

  boolean tracing() {
    return vhost().path("tracing").asBoolean();
  }

  /**
   * Turns the vhost's tracing on or off. Sends the vhost's other fields, too, because RabbitMQ
   * clears fields that a PUT omits.
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

  /** Returns the number of queues and exchanges that are bound to an exchange. */
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
    try {
      HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
      connection.setConnectTimeout(TIMEOUT_MS);
      connection.setReadTimeout(TIMEOUT_MS);
      connection.setInstanceFollowRedirects(false);
      connection.setRequestMethod(method);
      connection.setRequestProperty(
          "Authorization", "Basic " + Base64.getEncoder().encodeToString(login.getBytes(UTF_8)));
      if (body != null) {
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setDoOutput(true);
        try (OutputStream out = connection.getOutputStream()) {
          out.write(body.toString().getBytes(UTF_8));
        }
      }
      check(connection.getResponseCode(), uri);
      try (InputStream in = connection.getInputStream()) {
        return json.readTree(in);
      }
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot reach RabbitMQ's management API at "
              + (base + ": " + e)
              + "; check --management or LONGCUT_MANAGEMENT_URL",
          e);
    }
  }

  private void check(int status, URI uri) {
    String user = login.substring(0, login.indexOf(':'));
    if (status == 401 || status == 403) {
      throw new CommandFailedException(
          "RabbitMQ's management API refuses the user '"
              + user
              + "' with status "
              + status
              + "; the tap needs the login of an administrator");
    }
    if (status == 404) {
      throw new CommandFailedException(
          "RabbitMQ's management API at "
              + (base + " answers 404 to " + uri.getPath())
              + "; check the vhost in --amqp");
    }
    if (status / 100 != 2) {
      throw new CommandFailedException(
          "RabbitMQ's management API at " + (base + " answers " + status + " to " + uri.getPath()));
    }
  }

  private static String encoded(String segment) {
    return URLEncoder.encode(segment, UTF_8).replace("+", "%20");
  }

  /**
   * Decodes percent-encoding. {@link URLDecoder} is for forms, where a plus means a space, so a
   * plus is encoded first.
   */
  private static String percentDecoded(String s) {
    return URLDecoder.decode(s.replace("+", "%2B"), UTF_8);
  }
}
