package io.github.httplongcut.system.clients;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Authenticator;
import java.net.PasswordAuthentication;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * A scenario that uses features of Java's HttpClient.
 *
 * @param steps the calls and the assertions on their results
 */
record JavaStory(String name, Steps steps) {

  /**
   * The steps of a scenario, run with a new HttpClient. Returns text that must be equal directly
   * and through the relay.
   */
  interface Steps {
    String apply(URI base);
  }

  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final int MANY = 30;

  static List<JavaStory> atNginx() {
    return List.of(
        new JavaStory("asking for HTTP/2", base -> upgrade(base, "/docs/", "Here they are.")),
        new JavaStory("its Authenticator", JavaStory::authenticator),
        new JavaStory("many at once", base -> many(base, "/docs/")));
  }

  static List<JavaStory> atExpress() {
    return List.of(
        new JavaStory("asking for HTTP/2", base -> upgrade(base, "/article", "Größe")),
        new JavaStory("asking for HTTP/2 with a body", JavaStory::upgradeWithBody),
        new JavaStory("expectContinue", JavaStory::expectContinue),
        new JavaStory("many at once", base -> many(base, "/query?n=1")));
  }

  private static String upgrade(URI base, String path, String content) {
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    HttpResponse<byte[]> response = JavaClient.send(http, request(base, path).build());
    assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
    assertThat(response.statusCode()).isEqualTo(200);
    String text = new String(response.body(), StandardCharsets.UTF_8);
    assertThat(text).contains(content);
    return text;
  }

  private static String upgradeWithBody(URI base) {
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    HttpRequest request =
        request(base, "/inspect").POST(BodyPublishers.ofString("with a body")).build();
    HttpResponse<byte[]> response = JavaClient.send(http, request);
    assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
    String text = new String(response.body(), StandardCharsets.UTF_8);
    assertThat(text).contains("\"body\":\"d2l0aCBhIGJvZHk=\"");
    return text.substring(text.indexOf("\"body\""));
  }

  private static String authenticator(URI base) {
    HttpClient http =
        HttpClient.newBuilder()
            .authenticator(
                new Authenticator() {
                  @Override
                  protected PasswordAuthentication getPasswordAuthentication() {
                    assertThat(getRequestingPrompt()).isEqualTo("private");
                    return new PasswordAuthentication("bob", "secret".toCharArray());
                  }
                })
            .build();
    HttpResponse<byte[]> response =
        JavaClient.send(http, request(base, "/private/index.html").build());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.previousResponse()).map(HttpResponse::statusCode).contains(401);
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  private static String expectContinue(URI base) {
    HttpRequest request =
        request(base, "/raw")
            .expectContinue(true)
            .PUT(BodyPublishers.ofByteArray(new byte[200_000]))
            .build();
    HttpResponse<byte[]> response = JavaClient.send(HttpClient.newHttpClient(), request);
    assertThat(response.statusCode()).isEqualTo(200);
    String text = new String(response.body(), StandardCharsets.UTF_8);
    assertThat(text).contains("\"size\":200000");
    return text;
  }

  private static String many(URI base, String path) {
    HttpClient http = HttpClient.newHttpClient();
    HttpRequest request = request(base, path).build();
    List<CompletableFuture<HttpResponse<String>>> answers =
        IntStream.range(0, MANY)
            .mapToObj(n -> http.sendAsync(request, BodyHandlers.ofString()))
            .toList();
    List<String> different =
        answers.stream()
            .map(CompletableFuture::join)
            .map(answer -> answer.statusCode() + " " + answer.body())
            .distinct()
            .toList();
    assertThat(different).hasSize(1);
    assertThat(different.get(0)).startsWith("200 ");
    return different.get(0);
  }

  private static HttpRequest.Builder request(URI base, String path) {
    return HttpRequest.newBuilder(URI.create(base + path)).timeout(TIMEOUT);
  }
}
