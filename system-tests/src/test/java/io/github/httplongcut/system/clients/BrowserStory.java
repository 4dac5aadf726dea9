package io.github.httplongcut.system.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.function.Consumer;

/**
 * A scenario for the browser. Its steps are in {@code browser.mjs}.
 *
 * @param script the name of the scenario's function in {@code browser.mjs}
 * @param expected asserts on the result, which must hold directly and through the relay
 */
record BrowserStory(String name, String script, Consumer<JsonNode> expected) {

  private static final String SHA_256_OF_NOTHING = Transcript.sha256(new byte[0]);

  static List<BrowserStory> atNginx(Nginx nginx) {
    return List.of(
        new BrowserStory(
            "a page with its stylesheet, script and images", "page", BrowserStory::page),
        new BrowserStory("a redirected link, and back", "link", BrowserStory::link),
        new BrowserStory("a missing page", "missing", BrowserStory::missing),
        new BrowserStory("files, in whole and in part", "files", seen -> files(nginx, seen)),
        new BrowserStory("40 requests at once", "many", BrowserStory::many),
        new BrowserStory("a password", "password", BrowserStory::password));
  }

  static List<BrowserStory> atExpress() {
    return List.of(
        new BrowserStory("a form, reloaded and back", "form", BrowserStory::form),
        new BrowserStory("a session with cookies", "session", BrowserStory::session),
        new BrowserStory("a file in a form", "upload", BrowserStory::upload),
        new BrowserStory("a download with a name", "download", BrowserStory::download),
        new BrowserStory("a JSON API", "api", BrowserStory::api),
        new BrowserStory("a page of another origin", "crossOrigin", BrowserStory::crossOrigin),
        new BrowserStory("several redirects", "redirects", BrowserStory::redirects),
        new BrowserStory("content of every kind", "content", BrowserStory::content));
  }

  private static void page(JsonNode seen) {
    for (String time : List.of("first", "second")) {
      JsonNode page = seen.get(time);
      assertThat(page.get("title").asText()).isEqualTo("A page with everything");
      assertThat(page.get("heading").asText()).isEqualTo("Grüße aus dem Relay");
      assertThat(page.get("color").asText()).isEqualTo("rgb(1, 2, 3)");
      assertThat(page.get("script").asText()).isEqualTo("the script ran: ✓");
      assertThat(page.get("pictures").toString()).isEqualTo("[30,30,30,30,30,30,30,30,0]");
    }
  }

  private static void link(JsonNode seen) {
    assertThat(seen.get("there").toString())
        .isEqualTo("{\"path\":\"/docs/\",\"title\":\"The documents\"}");
    assertThat(seen.get("back").asText()).isEqualTo("A page with everything");
  }

  private static void missing(JsonNode seen) {
    assertThat(seen.get("status").asInt()).isEqualTo(404);
    assertThat(seen.get("text").asText()).contains("404 Not Found").contains("nginx/");
  }

  private static void files(Nginx nginx, JsonNode seen) {
    String mebibyte = Transcript.sha256(nginx.file("mebibyte.bin"));
    assertThat(seen.at("/whole/sha256").asText()).isEqualTo(mebibyte);
    assertThat(seen.at("/part/status").asInt()).isEqualTo(206);
    assertThat(seen.at("/part/size").asInt()).isEqualTo(1000);
    assertThat(seen.at("/same/status").asInt()).isEqualTo(304);
    assertThat(seen.at("/same/sha256").asText()).isEqualTo(SHA_256_OF_NOTHING);
    assertThat(seen.at("/compressed/headers/content-encoding").asText()).isEqualTo("gzip");
    assertThat(seen.at("/compressed/sha256").asText())
        .isEqualTo(Transcript.sha256(nginx.file("long.txt")));
  }

  private static void many(JsonNode seen) {
    assertThat(seen).hasSize(40).allMatch(line -> line.asText().startsWith("200 "));
  }

  private static void password(JsonNode seen) {
    assertThat(seen.get("without").asInt()).isEqualTo(401);
    assertThat(seen.get("with").asInt()).isEqualTo(200);
    assertThat(seen.get("title").asText()).isEqualTo("The documents");
  }

  private static void form(JsonNode seen) {
    assertThat(seen.get("posted").asText()).isEqualTo("POST");
    assertThat(seen.get("answered").asInt()).isEqualTo(303);
    assertThat(seen.at("/thanks/text").asText())
        .isEqualTo("Thank you, Jürgen & Co <b>\ntwo\nlines, 尺寸 🙂");
    assertThat(seen.at("/thanks/address").asText()).isEqualTo("/thanks");
    assertThat(seen.get("reloaded").asText()).isEqualTo("GET 200");
    assertThat(seen.get("back").asText()).isEqualTo("Guest book");
  }

  private static void session(JsonNode seen) {
    assertThat(seen.get("before").asInt()).isEqualTo(401);
    assertThat(seen.get("first").toString()).isEqualTo("{\"user\":\"ada\",\"visits\":1}");
    assertThat(seen.get("second").toString()).isEqualTo("{\"user\":\"ada\",\"visits\":2}");
    assertThat(seen.at("/cookies/0/name").asText()).isEqualTo("sid");
    assertThat(seen.at("/cookies/0/httpOnly").asBoolean()).isTrue();
    assertThat(seen.get("visible").asText()).isEmpty();
    assertThat(seen.get("after").asInt()).isEqualTo(401);
    assertThat(seen.get("left").asInt()).isZero();
  }

  private static void upload(JsonNode seen) {
    assertThat(seen.at("/reported/comment").asText()).isEqualTo("grüße");
    assertThat(seen.at("/reported/name").asText()).isEqualTo("täble.bin");
    assertThat(seen.at("/reported/type").asText()).isEqualTo("application/x-table");
    assertThat(seen.at("/reported/sha256")).isEqualTo(seen.get("sent"));
  }

  private static void download(JsonNode seen) {
    assertThat(seen.get("name").asText()).isEqualTo("Übersicht 2024.csv");
    assertThat(seen.get("content").asText()).isEqualTo("Stück;Preis\n1;2,50 €\n");
  }

  private static void api(JsonNode seen) {
    assertThat(seen.findValues("status"))
        .extracting(JsonNode::asInt)
        .containsExactly(201, 409, 200, 200, 200, 204, 404);
    assertThat(seen.at("/created/headers/location").asText()).isEqualTo("/api/items/b-1");
    assertThat(seen.at("/patched/text").asText()).contains("\"price\":2.5");
  }

  private static void crossOrigin(JsonNode seen) {
    assertThat(seen.get("created").asInt()).isEqualTo(201);
    assertThat(seen.get("text").asText()).isEqualTo("{\"id\":\"x-1\"}");
    assertThat(seen.get("deleted").asInt()).isEqualTo(204);
    assertThat(seen.get("forbidden").asText()).isEqualTo("not read");
  }

  private static void redirects(JsonNode seen) {
    assertThat(seen.get("chain").toString())
        .startsWith("[\"302 /redirect/5\",\"302 /redirect/4\"")
        .endsWith("\"302 /redirect/1\",\"200 /article\"]");
    assertThat(seen.get("keptIn").asText()).isEqualTo("/inspect");
    assertThat(seen.get("kept").asText()).isEqualTo("a2VwdA==");
  }

  private static void content(JsonNode seen) {
    assertThat(seen.get("status").asInt()).isEqualTo(200);
    assertThat(seen.get("text").asText()).startsWith("Größe, 尺寸, 🙂");
    assertThat(seen.get("etag").asText()).startsWith("W/\"");
    assertThat(seen.at("/large/size").asInt()).isEqualTo(Nginx.MEBIBYTE);
    assertThat(seen.at("/chunks/text").asText()).isEqualTo("one two three");
    assertThat(seen.at("/error/status").asInt()).isEqualTo(500);
    assertThat(seen.at("/none/status").asInt()).isEqualTo(204);
    assertThat(seen.at("/none/size").asInt()).isZero();
  }
}
