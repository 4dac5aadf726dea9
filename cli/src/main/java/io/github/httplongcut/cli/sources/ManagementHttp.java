package io.github.httplongcut.cli.sources;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.rabbitmq.http.client.HttpLayer;
import com.rabbitmq.http.client.ParameterizedTypeReference;
import com.rabbitmq.http.client.domain.CurrentUserDetails;
import com.rabbitmq.http.client.domain.UserInfo;
import io.github.httplongcut.cli.CommandFailedException;
import java.io.IOException;
import java.lang.reflect.Type;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * HTTP for RabbitMQ's client of the management API, with the limits of {@link LimitedHttp}. Throws
 * {@link CommandFailedException} for each failure, with the address and the remedy.
 */
final class ManagementHttp implements HttpLayer {

  private static final int NOT_FOUND = 404;

  /** The lowest status of a server error. */
  private static final int SERVER_ERROR = 500;

  private static final JsonMapper JSON =
      AnswerSize.LIST
          .mapper()
          .defaultPropertyInclusion(JsonInclude.Value.construct(Include.NON_NULL, Include.ALWAYS))
          .enable(DeserializationFeature.ACCEPT_EMPTY_ARRAY_AS_NULL_OBJECT)
          .addModule(
              new SimpleModule()
                  .addDeserializer(
                      CurrentUserDetails.class,
                      new FromTree<>(
                          user -> new CurrentUserDetails(text(user, "name"), texts(user, "tags"))))
                  .addDeserializer(
                      UserInfo.class,
                      new FromTree<>(
                          user ->
                              new UserInfo(
                                  text(user, "name"),
                                  text(user, "password_hash"),
                                  text(user, "hashing_algorithm"),
                                  texts(user, "tags")))))
          .build();

  /** Reads a class of RabbitMQ's client that has no constructor without parameters. */
  private static final class FromTree<T> extends JsonDeserializer<T> {

    private final Function<JsonNode, T> reader;

    private FromTree(Function<JsonNode, T> reader) {
      this.reader = reader;
    }

    @Override
    public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
      return reader.apply(context.readTree(parser));
    }
  }

  /** Type of an answer, for Jackson. */
  private static final class AnswerType<T> extends TypeReference<T> {

    private final Type type;

    private AnswerType(Class<T> type) {
      this.type = type;
    }

    private AnswerType(ParameterizedTypeReference<T> reference) {
      this.type = reference.getType();
    }

    @Override
    public Type getType() {
      return type;
    }
  }

  private final LimitedHttp http;
  private final String user;

  ManagementHttp(LimitedHttp http, String user) {
    this.http = http;
    this.user = user;
  }

  @Override
  public <T> T get(URI uri, Class<T> type) {
    return getAs(uri, new AnswerType<>(type));
  }

  @Override
  public <T> T get(URI uri, ParameterizedTypeReference<T> reference) {
    return getAs(uri, new AnswerType<>(reference));
  }

  /** Returns null for 404, as RabbitMQ's client expects. */
  private <T> T getAs(URI uri, AnswerType<T> type) {
    HttpAnswer answer = send("GET", uri, Optional.empty());
    if (answer.status() == NOT_FOUND) {
      return null;
    }
    check(uri, answer);
    return parsed(uri, answer, type);
  }

  @Override
  public <T> T post(URI uri, Object content, Class<T> type) {
    HttpAnswer answer = send("POST", uri, Optional.of(content));
    check(uri, answer);
    return type == null ? null : parsed(uri, answer, new AnswerType<>(type));
  }

  @Override
  public void put(URI uri, Object content) {
    check(uri, send("PUT", uri, Optional.of(content)));
  }

  @Override
  public void delete(URI uri, Map<String, String> headers) {
    HttpAnswer answer = send("DELETE", uri, Optional.empty());
    if (answer.status() != NOT_FOUND) {
      check(uri, answer);
    }
  }

  /** Sends a request without checking the status of its answer. */
  HttpAnswer send(String method, URI uri, Optional<Object> content) {
    try {
      Optional<byte[]> json = Optional.empty();
      if (content.isPresent()) {
        json = Optional.of(JSON.writeValueAsBytes(content.get()));
      }
      return http.send(method, pathAndQuery(uri), json);
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  /** Visits the elements of a list of any length, with their text fields, on another thread. */
  void list(URI uri, Consumer<ObjectNode> visitor) {
    try {
      check(uri, http.list(pathAndQuery(uri), visitor));
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private static String pathAndQuery(URI uri) {
    return uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
  }

  private CommandFailedException unreachable(IOException e) {
    return new CommandFailedException(
        "cannot reach RabbitMQ's management API at %s: %s; check --management or"
                .formatted(http.address(), Reasons.of(e))
            + " LONGCUT_MANAGEMENT_URL",
        e);
  }

  private <T> T parsed(URI uri, HttpAnswer answer, AnswerType<T> type) {
    try {
      return JSON.readValue(answer.body(), type);
    } catch (IOException e) {
      throw new CommandFailedException(
          "the answer of %s to %s is not that of RabbitMQ's management API; check --management"
              .formatted(http.address(), uri.getPath()),
          e);
    }
  }

  private static String text(JsonNode json, String field) {
    return json.path(field).asText();
  }

  private static List<String> texts(JsonNode json, String field) {
    List<String> texts = new ArrayList<>();
    json.path(field).forEach(text -> texts.add(text.asText()));
    return texts;
  }

  /**
   * Sends a DELETE, as {@link #delete(URI, Map)} does.
   *
   * @param remedy second remedy if RabbitMQ refuses the login
   */
  void delete(URI uri, String remedy) {
    HttpAnswer answer = send("DELETE", uri, Optional.empty());
    if (isRefusal(answer)) {
      throw refusal(answer, "; " + remedy);
    }
    if (answer.status() != NOT_FOUND) {
      check(uri, answer);
    }
  }

  /** Sends a DELETE, as {@link #delete(URI, Map)} does; returns false for a server error (5xx). */
  boolean tryDelete(URI uri) {
    HttpAnswer answer = send("DELETE", uri, Optional.empty());
    if (answer.status() >= SERVER_ERROR) {
      return false;
    }
    if (answer.status() != NOT_FOUND) {
      check(uri, answer);
    }
    return true;
  }

  private static boolean isRefusal(HttpAnswer answer) {
    return answer.status() == 401 || answer.status() == 403;
  }

  private CommandFailedException refusal(HttpAnswer answer, String more) {
    return new CommandFailedException(
        "RabbitMQ's management API at %s refuses the user '%s' with status %d; give the login of"
                .formatted(http.address(), user, answer.status())
            + " an administrator"
            + more);
  }

  /** Fails unless the status is a success. */
  void check(URI uri, HttpAnswer answer) {
    int status = answer.status();
    if (isRefusal(answer)) {
      throw refusal(answer, "");
    }
    if (status == NOT_FOUND) {
      throw notFound(uri);
    }
    if (!answer.isSuccess()) {
      throw new CommandFailedException(
          "RabbitMQ's management API at %s answers %d to %s%s"
              .formatted(http.address(), status, uri.getPath(), reason(answer)));
    }
  }

  /**
   * Returns RabbitMQ's explanation of a failure: {@code : invalid_regexp}; empty if it has none.
   */
  private static String reason(HttpAnswer answer) {
    try {
      JsonNode reason = answer.json().path("reason");
      return reason.isTextual() && !reason.asText().isBlank() ? ": " + reason.asText() : "";
    } catch (IOException e) {
      return "";
    }
  }

  CommandFailedException notFound(URI uri) {
    return new CommandFailedException(
        "RabbitMQ's management API at %s answers 404 to %s; check --management, and the vhost"
                .formatted(http.address(), uri.getPath())
            + " (in --amqp, or in --vhost if the command has it)");
  }
}
