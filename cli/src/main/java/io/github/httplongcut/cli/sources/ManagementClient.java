package io.github.httplongcut.cli.sources;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.rabbitmq.http.client.Client;
import com.rabbitmq.http.client.ClientParameters;
import com.rabbitmq.http.client.domain.NodeInfo;
import com.rabbitmq.http.client.domain.OverviewResponse;
import com.rabbitmq.http.client.domain.QueueInfo;
import io.github.httplongcut.amqp.DemoPasswords;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.config.Authority;
import io.github.httplongcut.config.Secret;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;

/** Client of RabbitMQ's management API, for one vhost. Needs a login with a management tag. */
public final class ManagementClient {

  /** Most names in a page of RabbitMQ's management API. */
  public static final int PAGE_SIZE = 500;

  private static final int BAD_REQUEST = 400;
  private static final int NOT_FOUND = 404;
  private static final int METHOD_NOT_ALLOWED = 405;
  private static final int CHECK_FAILED = 503;

  private final URI base;
  private final String address;
  private final boolean exposed;
  private final String vhost;
  private final String user;
  private final Secret password;
  private final ManagementHttp http;
  private final Client client;

  private ManagementClient(Place place, String vhost, Optional<SSLContext> tls, Duration limit) {
    String credentials = place.user + ':' + place.password;
    LimitedHttp limited =
        new LimitedHttp(
            place.scheme,
            place.server,
            tls,
            Map.of(
                "Authorization",
                "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(UTF_8))),
            new LimitedHttp.Limits(limit, AnswerSize.LIST));
    this.address = limited.address() + place.path;
    this.base = URI.create(address);
    this.exposed =
        place.scheme.equals("http") && !DemoPasswords.isLoopback(place.server.hostName());
    this.vhost = vhost;
    this.user = place.user;
    this.password = new Secret(place.password);
    this.http = new ManagementHttp(limited, place.user);
    try {
      this.client =
          new Client(
              new ClientParameters()
                  .url(URI.create(base + "/api/").toURL())
                  .username(place.user)
                  .password(place.password)
                  .httpLayerFactory(parameters -> http));
    } catch (MalformedURLException | URISyntaxException e) {
      throw new IllegalStateException("a URL that was checked before", e);
    }
  }

  private ManagementClient(ManagementClient other, String vhost) {
    this.base = other.base;
    this.address = other.address;
    this.exposed = other.exposed;
    this.vhost = vhost;
    this.user = other.user;
    this.password = other.password;
    this.http = other.http;
    this.client = other.client;
  }

  private record Place(
      String scheme, Authority server, String path, String user, String password) {}

  /**
   * Creates a client.
   *
   * @param url URL of the management UI, including the login
   * @param vhost vhost of the calls
   * @param tls trusted certificates for https; empty for those of the JVM
   * @param limit longest time of a call
   */
  static ManagementClient at(String url, String vhost, Optional<SSLContext> tls, Duration limit) {
    return at(url, Optional.empty(), vhost, tls, limit);
  }

  /**
   * Creates a client.
   *
   * @param password the password for a URL without one
   */
  static ManagementClient at(
      String url,
      Optional<Secret> password,
      String vhost,
      Optional<SSLContext> tls,
      Duration limit) {
    return place(url, password)
        .map(place -> new ManagementClient(place, vhost, tls, limit))
        .orElseThrow(
            () ->
                // The URL is not shown, because it contains a password.
                CommandFailedException.usage(
                    "--management or LONGCUT_MANAGEMENT_URL: expected"
                        + " http://user:password@host:port, with @ written as %40, / as %2F, ? as"
                        + " %3F, # as %23 and % as %25 in the password; or http://user@host:port"
                        + " and --management-password-file"));
  }

  private static Optional<Place> place(String url, Optional<Secret> password) {
    try {
      URI uri = new URI(url);
      Optional<Authority> server = Authority.of(uri);
      String[] login = server.flatMap(Authority::userInfo).orElse("").split(":", 2);
      boolean isHttp = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      boolean isComplete = login.length == 2 || (password.isPresent() && !login[0].isEmpty());
      if (!isHttp || !isComplete || uri.getRawFragment() != null) {
        return Optional.empty();
      }
      String path = uri.getRawPath().replaceFirst("/+$", "");
      return Optional.of(
          new Place(
              uri.getScheme(),
              server.orElseThrow(),
              path,
              percentDecoded(login[0]),
              login.length == 2
                  ? percentDecoded(login[1])
                  : password.map(Secret::value).orElseThrow()));
    } catch (URISyntaxException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Returns a client with the same login for another vhost. */
  public ManagementClient in(String otherVhost) {
    return new ManagementClient(this, otherVhost);
  }

  /** Returns the URL of the management UI, without the login. */
  public String address() {
    return address;
  }

  /** Returns whether the password leaves this machine without encryption. */
  boolean isExposed() {
    return exposed;
  }

  /** Returns the user of the login. */
  public String user() {
    return user;
  }

  /** Returns the password of the login. */
  public Secret password() {
    return password;
  }

  /** Returns the vhost of the calls. */
  public String vhost() {
    return vhost;
  }

  /**
   * Returns RabbitMQ's client, with the limits of this package. Its calls throw {@link
   * CommandFailedException} for each failure; those that get one object return null for 404.
   */
  public Client client() {
    return client;
  }

  /**
   * Returns the answer to a GET, for calls that {@link #client} does not have.
   *
   * @param path path and query, such as {@code /api/feature-flags}
   */
  public JsonNode get(String path) {
    URI uri = URI.create(base + path);
    HttpAnswer answer = http.send("GET", uri, Optional.empty());
    http.check(uri, answer);
    return json(uri, answer);
  }

  /**
   * Returns the answer to a GET of a path that older versions of RabbitMQ lack.
   *
   * @param version the first version with this path
   */
  public JsonNode get(String path, String version) {
    URI uri = URI.create(base + path);
    HttpAnswer answer = http.send("GET", uri, Optional.empty());
    if (answer.status() == NOT_FOUND || answer.status() == METHOD_NOT_ALLOWED) {
      throw new CommandFailedException(
          "RabbitMQ's management API at %s answers %d to %s, which needs RabbitMQ %s or later;"
                  .formatted(address, answer.status(), path, version)
              + " update RabbitMQ");
    }
    http.check(uri, answer);
    return json(uri, answer);
  }

  /** Returns the answer to a GET; empty if RabbitMQ does not know the thing in the path. */
  public Optional<JsonNode> find(String path) {
    return Optional.ofNullable(http.get(URI.create(base + path), JsonNode.class));
  }

  /**
   * Returns a page of the names of the vhost's queues or exchanges, in the order of the names. A
   * complete list may be too long to read.
   *
   * @param kind {@code queues} or {@code exchanges}
   * @param expression regular expression. RabbitMQ ignores the case of letters.
   * @param page number of the page, from 1
   * @return at most {@link #PAGE_SIZE} names; none after the last page
   */
  public List<String> names(String kind, String expression, int page) {
    URI uri =
        URI.create(
            "%s/api/%s/%s?page=%d&page_size=%d&use_regex=true&name=%s&columns=name"
                .formatted(base, kind, encoded(vhost), page, PAGE_SIZE, encoded(expression)));
    HttpAnswer answer = http.send("GET", uri, Optional.empty());
    if (page > 1 && (answer.status() == BAD_REQUEST || answer.status() == NOT_FOUND)) {
      return List.of(); // RabbitMQ's answer to a page after the last one
    }
    http.check(uri, answer);
    List<String> names = new ArrayList<>();
    json(uri, answer).path("items").forEach(each -> names.add(each.path("name").asText()));
    return names;
  }

  /**
   * Visits the elements of a list of any length while they arrive.
   *
   * @param path path and query
   * @param visitor gets each element with its text fields, on another thread
   */
  public void list(String path, Consumer<ObjectNode> visitor) {
    http.list(URI.create(base + path), visitor);
  }

  /** Sends a PUT, for calls that {@link #client} does not have. */
  public void put(String path, JsonNode content) {
    http.put(URI.create(base + path), content);
  }

  /** Sends a DELETE. Does nothing if RabbitMQ does not know the thing in the path. */
  public void delete(String path) {
    http.delete(URI.create(base + path), Map.of());
  }

  /**
   * Sends a DELETE. Does nothing if RabbitMQ does not know the thing in the path.
   *
   * @param remedy second remedy in the error if RabbitMQ refuses the login
   */
  public void delete(String path, String remedy) {
    http.delete(URI.create(base + path), remedy);
  }

  /**
   * Sends a DELETE that the caller repeats if RabbitMQ fails. Does nothing if RabbitMQ does not
   * know the thing in the path.
   *
   * @return false if RabbitMQ answers with a server error (5xx)
   */
  public boolean tryDelete(String path) {
    return http.tryDelete(URI.create(base + path));
  }

  /**
   * Runs a health check of RabbitMQ.
   *
   * @param check the check's name and arguments, such as {@code alarms}
   * @return RabbitMQ's reason if the check fails; empty if it succeeds
   */
  public Optional<String> failedCheck(String check) {
    URI uri = URI.create(base + "/api/health/checks/" + check);
    HttpAnswer answer = http.send("GET", uri, Optional.empty());
    if (answer.status() == CHECK_FAILED) {
      JsonNode failure = json(uri, answer);
      String reason = failure.path("reason").asText("the check " + check + " fails");
      return Optional.of(reason + alarms(failure.path("alarms")));
    }
    http.check(uri, answer);
    return Optional.empty();
  }

  /** Returns what the check {@code alarms} tells more: {@code : memory on rabbit@host}. */
  private static String alarms(JsonNode alarms) {
    List<String> all = new ArrayList<>();
    alarms.forEach(
        alarm -> all.add(alarm.path("resource").asText() + " on " + alarm.path("node").asText()));
    return all.isEmpty() ? "" : ": " + String.join(", ", all);
  }

  /** Returns RabbitMQ's version and totals. */
  public OverviewResponse overview() {
    return found("/api/overview", OverviewResponse.class);
  }

  /** Returns RabbitMQ's nodes. Needs a login with the tag {@code monitoring}. */
  public List<NodeInfo> nodes() {
    return List.of(found("/api/nodes", NodeInfo[].class));
  }

  /** Returns the vhost's queues, with their names and numbers only. */
  public List<QueueInfo> queues() {
    String columns = "?columns=name,messages_ready,messages_unacknowledged,consumers";
    return List.of(found("/api/queues/" + encoded(vhost) + columns, QueueInfo[].class));
  }

  private <T> T found(String path, Class<T> type) {
    URI uri = URI.create(base + path);
    T answer = http.get(uri, type);
    if (answer == null) {
      throw http.notFound(uri);
    }
    return answer;
  }

  /** Returns the URL of a queue's page in the management UI. */
  public String queuePage(String queue) {
    return base + "/#/queues/" + encoded(vhost) + "/" + encoded(queue);
  }

  /** Returns whether the vhost's tracing is on. */
  public boolean tracing() {
    return get(vhostPath()).path("tracing").asBoolean();
  }

  /**
   * Turns the vhost's tracing on or off. Sends the vhost's other fields, too, because RabbitMQ
   * clears fields that a PUT omits; {@link Client#createVhost(String)} does not know all of them.
   */
  public void setTracing(boolean on) {
    JsonNode now = get(vhostPath());
    ObjectNode wanted = JsonOutput.object().put("tracing", on);
    for (String field : new String[] {"description", "tags", "default_queue_type"}) {
      JsonNode value = now.path(field);
      if (value.isArray() || (value.isTextual() && !value.asText().equals("undefined"))) {
        wanted.set(field, value);
      }
    }
    http.put(URI.create(base + vhostPath()), wanted);
  }

  /** Returns the number of queues and exchanges that are bound to an exchange. */
  public int bindingsOf(String exchange) {
    return get("/api/exchanges/" + encoded(vhost) + "/" + encoded(exchange) + "/bindings/source")
        .size();
  }

  /** Returns the text percent-encoded, for a segment of a path. */
  public static String encoded(String segment) {
    return URLEncoder.encode(segment, UTF_8).replace("+", "%20");
  }

  private String vhostPath() {
    return "/api/vhosts/" + encoded(vhost);
  }

  private JsonNode json(URI uri, HttpAnswer answer) {
    try {
      return answer.json();
    } catch (IOException e) {
      throw new CommandFailedException(
          "the answer of %s to %s is not JSON; check --management"
              .formatted(address, uri.getPath()),
          e);
    }
  }

  /**
   * Decodes percent-encoding. {@link URLDecoder} is for forms, where a plus means a space, so a
   * plus is encoded first.
   */
  private static String percentDecoded(String s) {
    return URLDecoder.decode(s.replace("+", "%2B"), UTF_8);
  }
}
