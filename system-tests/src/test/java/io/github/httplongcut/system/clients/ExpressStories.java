package io.github.httplongcut.system.clients;

import static io.github.httplongcut.system.clients.ClientCall.get;
import static io.github.httplongcut.system.clients.Story.story;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.system.clients.Client.Skill;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Scenarios for typical Express apps. The server side is {@code app.mjs}. */
final class ExpressStories {

  private static final String JSON = "application/json";
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String BINARY = "application/octet-stream";
  private static final int MEBIBYTE = 1024 * 1024;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ExpressStories() {}

  static List<Story> all() {
    return List.of(
        story("a page and its ETag", ExpressStories::etag),
        story("HEAD of a page", ExpressStories::head),
        story("a query", ExpressStories::query),
        story("fields of a request", ExpressStories::requestFields),
        story("a request without own fields", ExpressStories::plainRequest),
        story("methods", ExpressStories::methods),
        story("fields of a response", ExpressStories::answerFields),
        story("repeated fields of a response", ExpressStories::eachField, Skill.SHOWS_EACH_FIELD),
        story("a JSON API", ExpressStories::jsonApi),
        story("a form and its redirect", ExpressStories::form),
        story(
            "a form, its redirect followed", ExpressStories::formFollowed, Skill.FOLLOWS_REDIRECTS),
        story("a session with cookies", ExpressStories::session),
        story("several cookies at once", ExpressStories::cookies),
        story("several redirects", ExpressStories::redirects, Skill.FOLLOWS_REDIRECTS),
        story(
            "a redirect that keeps method and body",
            ExpressStories::redirectKeeps,
            Skill.FOLLOWS_REDIRECTS),
        story("a redirect to an absolute URL", ExpressStories::absoluteRedirect),
        story("a download with a name", ExpressStories::download),
        story("a download of 1 MiB", ExpressStories::largeDownload),
        story("a response in chunks", ExpressStories::chunks),
        story("negotiated content", ExpressStories::negotiated),
        story("a file in a form", ExpressStories::upload),
        story("an upload of 1 MiB", ExpressStories::largeUpload),
        story("an upload in chunks", ExpressStories::chunkedUpload),
        story("an empty body", ExpressStories::emptyBody),
        story("binary data", ExpressStories::binary),
        story("statuses", ExpressStories::statuses),
        story("a preflight", ExpressStories::preflight));
  }

  private static void etag(Visitor visitor) {
    ClientAnswer page = visitor.call(get("/article"));
    assertThat(page.status()).isEqualTo(200);
    assertThat(page.header("X-Powered-By")).contains("Express");
    assertThat(page.text()).contains("Größe, 尺寸, 🙂");
    String etag = page.header("ETag").orElseThrow();
    assertThat(etag).startsWith("W/\"");
    // Without Cache-Control, fetch adds no-cache, and Express then sends the whole page again.
    ClientAnswer same =
        visitor.call(
            get("/article").with("If-None-Match", etag).with("Cache-Control", "max-age=0"));
    assertThat(same.status()).isEqualTo(304);
    assertThat(same.header("ETag")).contains(etag);
    assertThat(same.body()).isEmpty();
  }

  private static void head(Visitor visitor) {
    ClientAnswer head = visitor.call(ClientCall.of("HEAD", "/article"));
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.header("Content-Length")).get().asString().hasSize(4);
    assertThat(head.body()).isEmpty();
  }

  private static void query(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/query?a=1&a=2&b=%20+%2B&c[x]=%C3%BC&d&e=;/?"));
    assertThat(json(answer).toString())
        .isEqualTo(
            "{\"a\":[\"1\",\"2\"],\"b\":\"  +\",\"c\":{\"x\":\"ü\"},\"d\":\"\",\"e\":\";/?\"}");
  }

  private static void requestFields(Visitor visitor) {
    ClientAnswer answer =
        visitor.call(
            get("/inspect?q=%2F;a")
                .with("X-Twice", "one")
                .with("X-Twice", "two, three")
                .with("X-Empty", "")
                .with("X-MiXeD", "a \"b\"")
                .with("Authorization", "Bearer a.b-c")
                .with("Accept-Language", "de, en;q=0.5"));
    assertThat(json(answer).get("url").asText()).isEqualTo("/inspect?q=%2F;a");
    assertThat(seen(answer, "Authorization")).containsExactly("Bearer a.b-c");
    assertThat(String.join(", ", seen(answer, "X-Twice"))).isEqualTo("one, two, three");
    assertThat(seen(answer, "X-Empty")).containsExactly("");
    assertThat(seen(answer, "X-Mixed")).containsExactly("a \"b\"");
  }

  /**
   * Checks the fields that proxies add. The comparison of the transcripts shows that the relay adds
   * no others.
   */
  private static void plainRequest(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/inspect"));
    assertThat(json(answer).get("body").asText("")).isEmpty();
    int added = visitor.origin().relayed() ? 1 : 0;
    assertThat(seen(answer, "Via")).hasSize(added);
    assertThat(seen(answer, "X-Forwarded-For")).hasSize(added).allMatch("127.0.0.1"::equals);
    assertThat(seen(answer, "X-Forwarded-Proto")).hasSize(added).allMatch("http"::equals);
    assertThat(seen(answer, "X-Forwarded-Host"))
        .hasSize(added)
        .allMatch(visitor.origin().url().getAuthority()::equals);
  }

  private static void methods(Visitor visitor) {
    for (String method : List.of("POST", "PUT", "PATCH", "DELETE", "OPTIONS")) {
      ClientAnswer answer = visitor.call(ClientCall.of(method, "/inspect"));
      assertThat(json(answer).get("method").asText()).isEqualTo(method);
    }
    for (String method : List.of("POST", "PUT", "PATCH", "DELETE")) {
      ClientCall.Sized content = new ClientCall.Sized("text/plain", utf8("of " + method));
      ClientAnswer answer = visitor.call(ClientCall.of(method, "/inspect").sending(content));
      assertThat(bodySeen(answer)).isEqualTo(content.data());
    }
  }

  private static void answerFields(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/fields"));
    assertThat(answer.header("X-Empty")).contains("");
    assertThat(answer.header("X-Latin")).contains("caf\u00e9");
    assertThat(answer.header("Content-Length")).contains("0");
    assertThat(String.join(", ", answer.all("X-Multi"))).isEqualTo("a, b, c");
  }

  private static void eachField(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/fields"));
    assertThat(answer.all("X-Multi")).containsExactly("a", "b, c");
    assertThat(answer.all("Link")).containsExactly("</a>; rel=\"next\"", "</b>; rel=\"prev\"");
  }

  private static void jsonApi(Visitor visitor) {
    String item = "{\"id\":\"i-1\",\"name\":\"Größe 尺寸 🙂 \\u0000\"}";
    ClientCall create =
        ClientCall.of("POST", "/api/items").sending(new ClientCall.Sized(JSON, utf8(item)));
    ClientAnswer created = visitor.call(create);
    assertThat(created.status()).isEqualTo(201);
    assertThat(created.header("Location")).contains("/api/items/i-1");
    assertThat(created.text()).isEqualTo(item);
    assertThat(visitor.call(create).status()).isEqualTo(409);
    ClientCall.Sized price = new ClientCall.Sized(JSON, utf8("{\"price\":2.50}"));
    ClientAnswer patched = visitor.call(ClientCall.of("PATCH", "/api/items/i-1").sending(price));
    assertThat(json(patched).get("price").asText()).isEqualTo("2.5");
    ClientCall.Sized other = new ClientCall.Sized(JSON, utf8("{\"id\":\"i-1\"}"));
    assertThat(visitor.call(ClientCall.of("PUT", "/api/items/i-1").sending(other)).status())
        .isEqualTo(200);
    assertThat(visitor.call(get("/api/items/i-1")).text()).isEqualTo("{\"id\":\"i-1\"}");
    ClientAnswer deleted = visitor.call(ClientCall.of("DELETE", "/api/items/i-1"));
    assertThat(deleted.status()).isEqualTo(204);
    assertThat(deleted.body()).isEmpty();
    assertThat(visitor.call(get("/api/items/i-1")).status()).isEqualTo(404);
    ClientCall.Sized broken = new ClientCall.Sized(JSON, utf8("{\"id\":"));
    assertThat(visitor.call(ClientCall.of("POST", "/api/items").sending(broken)).status())
        .isEqualTo(400);
  }

  private static ClientCall guestbook() {
    String content = "name=J%C3%BCrgen+%26+Co&note=a%0D%0Ab%3Dc";
    return ClientCall.of("POST", "/guestbook").sending(new ClientCall.Sized(FORM, utf8(content)));
  }

  private static void form(Visitor visitor) {
    ClientAnswer answer = visitor.call(guestbook());
    assertThat(answer.status()).isEqualTo(303);
    assertThat(answer.header("Location"))
        .contains("/thanks?name=J%C3%BCrgen+%26+Co&note=a%0D%0Ab%3Dc");
  }

  private static void formFollowed(Visitor visitor) {
    ClientAnswer answer = visitor.call(guestbook().following());
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.url().getPath()).isEqualTo("/thanks");
    assertThat(answer.text()).contains("Thank you, Jürgen &#38; Co");
  }

  private static void session(Visitor visitor) {
    assertThat(visitor.call(get("/me")).status()).isEqualTo(401);
    ClientCall.Sized user = new ClientCall.Sized(FORM, utf8("user=ada"));
    ClientAnswer login = visitor.call(ClientCall.of("POST", "/login").sending(user));
    assertThat(login.status()).isEqualTo(302);
    assertThat(login.header("Location")).contains("/me");
    assertThat(login.header("Set-Cookie")).get().asString().startsWith("sid=").contains("HttpOnly");
    assertThat(visitor.call(get("/me")).text()).isEqualTo("{\"user\":\"ada\",\"visits\":1}");
    assertThat(visitor.call(get("/me")).text()).isEqualTo("{\"user\":\"ada\",\"visits\":2}");
    ClientAnswer logout = visitor.call(ClientCall.of("POST", "/logout"));
    assertThat(logout.header("Set-Cookie")).get().asString().contains("Expires=Thu, 01 Jan 1970");
    assertThat(visitor.call(get("/me")).status()).isEqualTo(401);
  }

  private static void cookies(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/cookies"));
    assertThat(answer.text()).isEqualTo("null");
    assertThat(answer.all("Set-Cookie")).hasSize(3).contains("odd=a=b==; Path=/cookies");
    assertThat(visitor.call(get("/cookies")).text())
        .contains("plain=1")
        .contains("whole=a%20b")
        .contains("odd=a=b==");
  }

  private static void redirects(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/redirect/4").following());
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.url().getPath()).isEqualTo("/article");
  }

  private static void redirectKeeps(Visitor visitor) {
    ClientCall.Sized content = new ClientCall.Sized("text/plain", utf8("kept"));
    for (int status : List.of(307, 308)) {
      ClientAnswer answer =
          visitor.call(ClientCall.of("POST", "/moved/" + status).sending(content).following());
      assertThat(answer.url().getPath()).isEqualTo("/inspect");
      assertThat(answer.text()).contains("\"method\":\"POST\"").contains("\"body\":\"a2VwdA==\"");
    }
  }

  private static void absoluteRedirect(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/absolute"));
    assertThat(answer.status()).isEqualTo(302);
    assertThat(answer.header("Location")).get().asString().matches("http://[^/]+/article");
  }

  private static void download(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/download"));
    assertThat(answer.header("Content-Disposition"))
        .contains(
            "attachment; filename=\"?bersicht 2024.csv\"; filename*=UTF-8''%C3%9Cbersicht%202024.csv");
    assertThat(answer.header("Content-Type")).contains("text/csv; charset=utf-8");
    assertThat(answer.text()).isEqualTo("Stück;Preis\n1;2,50 €\n");
  }

  private static void largeDownload(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/blob/" + MEBIBYTE));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).hasSize(MEBIBYTE);
  }

  private static void chunks(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/chunks"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo("one two three");
  }

  private static void negotiated(Visitor visitor) {
    ClientAnswer json = visitor.call(get("/negotiated").with("Accept", JSON));
    assertThat(json.text()).isEqualTo("{\"kind\":\"json\"}");
    assertThat(json.header("Vary")).contains("Accept");
    assertThat(visitor.call(get("/negotiated").with("Accept", "text/html")).text())
        .isEqualTo("<b>html</b>");
    assertThat(visitor.call(get("/negotiated").with("Accept", "image/png")).status())
        .isEqualTo(406);
  }

  private static void upload(Visitor visitor) {
    byte[] data = randomBytes(300_000);
    ClientCall.Upload upload = new ClientCall.Upload("grüße", "table.bin", BINARY, data);
    JsonNode reported = json(visitor.call(ClientCall.of("POST", "/upload").sending(upload)));
    assertThat(reported.get("comment").asText()).isEqualTo("grüße");
    assertThat(reported.get("name").asText()).isEqualTo("table.bin");
    assertThat(reported.get("type").asText()).isEqualTo(BINARY);
    assertThat(reported.get("sha256").asText()).isEqualTo(Transcript.sha256(data));
  }

  private static void largeUpload(Visitor visitor) {
    byte[] data = randomBytes(MEBIBYTE);
    ClientAnswer answer =
        visitor.call(ClientCall.of("PUT", "/raw").sending(new ClientCall.Sized(BINARY, data)));
    assertThat(json(answer).get("sha256").asText()).isEqualTo(Transcript.sha256(data));
  }

  private static void chunkedUpload(Visitor visitor) {
    byte[] data = randomBytes(500_000);
    ClientAnswer answer =
        visitor.call(ClientCall.of("PUT", "/raw").sending(new ClientCall.Chunked(BINARY, data)));
    assertThat(json(answer).get("sha256").asText()).isEqualTo(Transcript.sha256(data));
    ClientCall.Chunked text = new ClientCall.Chunked("text/plain", utf8("in chunks"));
    ClientAnswer inspected = visitor.call(ClientCall.of("POST", "/inspect").sending(text));
    assertThat(bodySeen(inspected)).isEqualTo(text.data());
    // The relay knows the length, so that the upstream request is no longer chunked.
    boolean chunked = seen(inspected, "Transfer-Encoding").equals(List.of("chunked"));
    assertThat(chunked).isEqualTo(!visitor.origin().relayed());
  }

  private static void emptyBody(Visitor visitor) {
    ClientCall.Sized nothing = new ClientCall.Sized("text/plain", new byte[0]);
    ClientAnswer answer = visitor.call(ClientCall.of("POST", "/inspect").sending(nothing));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(seen(answer, "Content-Length")).containsExactly("0");
  }

  private static void binary(Visitor visitor) {
    byte[] every = new byte[256];
    for (int i = 0; i < every.length; i++) {
      every[i] = (byte) i;
    }
    byte[] bom = utf8("\ufeffwith a BOM, and a NUL: \u0000");
    for (byte[] data : List.of(every, bom)) {
      ClientAnswer answer =
          visitor.call(
              ClientCall.of("POST", "/inspect").sending(new ClientCall.Sized(BINARY, data)));
      assertThat(bodySeen(answer)).isEqualTo(data);
    }
  }

  private static void statuses(Visitor visitor) {
    for (int status :
        List.of(200, 201, 202, 204, 205, 400, 403, 404, 409, 418, 422, 451, 500, 502, 504, 599)) {
      assertThat(visitor.call(get("/status/" + status)).status()).isEqualTo(status);
    }
    for (int status : List.of(429, 503)) {
      ClientAnswer answer = visitor.call(get("/status/" + status));
      assertThat(answer.status()).isEqualTo(status);
      assertThat(answer.header("Retry-After")).contains("7");
      assertThat(answer.text()).isEqualTo("this is " + status);
    }
    assertThat(visitor.call(get("/broken")).status()).isEqualTo(500);
    assertThat(visitor.call(get("/nowhere")).text()).contains("Cannot GET /nowhere");
  }

  private static void preflight(Visitor visitor) {
    ClientAnswer answer =
        visitor.call(
            ClientCall.of("OPTIONS", "/api/items")
                .with("Origin", "http://elsewhere.example")
                .with("Access-Control-Request-Method", "POST"));
    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.header("Access-Control-Allow-Origin")).contains("*");
    ClientAnswer plain = visitor.call(ClientCall.of("OPTIONS", "/api/items"));
    assertThat(plain.header("Allow")).get().asString().contains("POST");
  }

  private static JsonNode json(ClientAnswer answer) {
    try {
      return MAPPER.readTree(answer.content());
    } catch (IOException e) {
      throw new IllegalStateException(answer.text(), e);
    }
  }

  /** The values of a request field as the server received them. */
  private static List<String> seen(ClientAnswer inspected, String name) {
    List<String> values = new ArrayList<>();
    for (JsonNode pair : json(inspected).get("headers")) {
      if (pair.get(0).asText().equalsIgnoreCase(name)) {
        values.add(pair.get(1).asText());
      }
    }
    return values;
  }

  private static byte[] bodySeen(ClientAnswer inspected) {
    try {
      return json(inspected).get("body").binaryValue();
    } catch (IOException e) {
      throw new IllegalStateException(inspected.text(), e);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] randomBytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }
}
