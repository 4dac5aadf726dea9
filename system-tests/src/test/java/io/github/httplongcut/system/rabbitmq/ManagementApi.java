package io.github.httplongcut.system.rabbitmq;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Set;

/** A client of RabbitMQ's management API that logs in as one user. */
public record ManagementApi(URI address, RabbitMqUser user) {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Set<Integer> SUCCESS = Set.of(200, 201, 204);
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Sends a GET.
   *
   * @throws IllegalStateException if the status is not a success
   */
  public JsonNode get(String path) {
    try {
      return JSON.readTree(send("GET", path, BodyPublishers.noBody()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Sends a POST of a JSON object.
   *
   * @throws IllegalStateException if the status is not a success
   */
  public JsonNode post(String path, Map<String, ?> fields) {
    try {
      return JSON.readTree(send("POST", path, json(fields)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Sends a PUT of a JSON object.
   *
   * @throws IllegalStateException if the status is not a success
   */
  public void put(String path, Map<String, ?> fields) {
    try {
      send("PUT", path, json(fields));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Sends a DELETE.
   *
   * @throws IllegalStateException if the status is not a success
   */
  public void delete(String path) {
    try {
      send("DELETE", path, BodyPublishers.noBody());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static BodyPublisher json(Map<String, ?> fields) throws IOException {
    return BodyPublishers.ofByteArray(JSON.writeValueAsBytes(fields));
  }

  private byte[] send(String method, String path, BodyPublisher body) throws IOException {
    String login = user.login() + ":" + user.login();
    HttpRequest request =
        HttpRequest.newBuilder(address.resolve(path))
            .version(
                HttpClient.Version
                    .HTTP_1_1) // RabbitMQ closes the connection at a PUT with Upgrade: h2c
            .timeout(TIMEOUT)
            .header("Content-Type", "application/json")
            .header(
                "Authorization",
                "Basic "
                    + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)))
            .method(method, body)
            .build();
    try {
      HttpResponse<byte[]> response = CLIENT.send(request, BodyHandlers.ofByteArray());
      if (!SUCCESS.contains(response.statusCode())) {
        throw new IllegalStateException(
            request
                + ": "
                + response.statusCode()
                + " "
                + new String(response.body(), StandardCharsets.UTF_8));
      }
      return response.body();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in " + request, e);
    }
  }
}
