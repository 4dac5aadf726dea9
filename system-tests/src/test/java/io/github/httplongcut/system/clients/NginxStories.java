package io.github.httplongcut.system.clients;

import static io.github.httplongcut.system.clients.ClientCall.get;
import static io.github.httplongcut.system.clients.Story.story;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.system.clients.Client.Skill;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** Scenarios for nginx: static files with ranges, caching, redirects, passwords and uploads. */
final class NginxStories {

  private static final String TEXT = "text/plain; charset=utf-8";

  private final Nginx nginx;

  NginxStories(Nginx nginx) {
    this.nginx = nginx;
  }

  List<Story> all() {
    return List.of(
        story("a page", this::page),
        story("HEAD of a page", this::head),
        story("a missing file", this::missing),
        story("a file with an odd name", this::oddName),
        story("an empty file", this::empty),
        story("a response without content", this::noContent),
        story("a download of 1 MiB", this::download),
        story("a text compressed with gzip", this::gzip),
        story("revalidation by ETag", this::revalidationByEtag),
        story("revalidation by date", this::revalidationByDate),
        story("a precondition that fails", this::preconditionFailed),
        story("ranges", this::ranges),
        story("several ranges at once", this::severalRanges),
        story("a resumed download", this::resumed),
        story("caching fields", this::caching),
        story("a redirect, not followed", this::redirect),
        story("a redirect, followed", this::followed, Skill.FOLLOWS_REDIRECTS),
        story("a redirect to an absolute URL", this::absoluteRedirect),
        story("a password", this::password),
        story("an upload by PUT", this::put),
        story("a forbidden method", this::notAllowed),
        story("a page that is gone", this::gone));
  }

  private void page(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/index.html"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).contains("text/html; charset=utf-8");
    assertThat(answer.header("Server")).get().asString().startsWith("nginx/");
    assertThat(answer.header("Date")).get().asString().endsWith(" GMT");
    assertThat(answer.header("Last-Modified")).contains("Thu, 29 Feb 2024 12:00:00 GMT");
    assertThat(answer.content()).isEqualTo(nginx.file("index.html"));
  }

  private void head(Visitor visitor) {
    ClientAnswer answer = visitor.call(ClientCall.of("HEAD", "/mebibyte.bin"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Length")).contains("1048576");
    assertThat(answer.header("Accept-Ranges")).contains("bytes");
    assertThat(answer.body()).isEmpty();
  }

  private void missing(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/not/there"));
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.text()).contains("<center>nginx/");
  }

  private void oddName(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/a%20b+%C3%BC.txt?x=%2F%3f&&y"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo("a name with everything\n");
  }

  private void empty(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/empty.txt"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Length")).contains("0");
    assertThat(answer.body()).isEmpty();
  }

  private void noContent(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/nothing"));
    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.header("Content-Length")).isEmpty();
    assertThat(answer.body()).isEmpty();
  }

  private void download(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/mebibyte.bin"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).contains("application/octet-stream");
    assertThat(Arrays.equals(answer.body(), nginx.file("mebibyte.bin"))).isTrue();
  }

  private void gzip(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/long.txt").asCompressed());
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Encoding")).contains("gzip");
    assertThat(answer.header("ETag")).get().asString().startsWith("W/");
    assertThat(answer.content()).isEqualTo(nginx.file("long.txt"));
  }

  private void revalidationByEtag(Visitor visitor) {
    String etag = visitor.call(get("/mebibyte.bin")).header("ETag").orElseThrow();
    ClientAnswer same = visitor.call(get("/mebibyte.bin").with("If-None-Match", etag));
    assertThat(same.status()).isEqualTo(304);
    assertThat(same.header("ETag")).contains(etag);
    assertThat(same.body()).isEmpty();
    ClientAnswer other = visitor.call(get("/mebibyte.bin").with("If-None-Match", "\"other\""));
    assertThat(other.status()).isEqualTo(200);
    assertThat(other.body()).hasSize(Nginx.MEBIBYTE);
  }

  private void revalidationByDate(Visitor visitor) {
    ClientCall call = get("/docs/index.html");
    String date = visitor.call(call).header("Last-Modified").orElseThrow();
    assertThat(visitor.call(call.with("If-Modified-Since", date)).status()).isEqualTo(304);
  }

  private void preconditionFailed(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/docs/index.html").with("If-Match", "\"other\""));
    assertThat(answer.status()).isEqualTo(412);
  }

  private void ranges(Visitor visitor) {
    byte[] file = nginx.file("mebibyte.bin");
    ClientAnswer middle = visitor.call(get("/mebibyte.bin").with("Range", "bytes=1000-1999"));
    assertThat(middle.status()).isEqualTo(206);
    assertThat(middle.header("Content-Range")).contains("bytes 1000-1999/1048576");
    assertThat(middle.body()).isEqualTo(Arrays.copyOfRange(file, 1000, 2000));
    ClientAnswer end = visitor.call(get("/mebibyte.bin").with("Range", "bytes=-10"));
    assertThat(end.status()).isEqualTo(206);
    assertThat(end.body()).isEqualTo(Arrays.copyOfRange(file, file.length - 10, file.length));
    ClientAnswer beyond = visitor.call(get("/mebibyte.bin").with("Range", "bytes=1048576-"));
    assertThat(beyond.status()).isEqualTo(416);
    assertThat(beyond.header("Content-Range")).contains("bytes */1048576");
  }

  private void severalRanges(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/docs/index.html").with("Range", "bytes=0-14,16-21"));
    assertThat(answer.status()).isEqualTo(206);
    assertThat(answer.header("Content-Type")).get().asString().startsWith("multipart/byteranges;");
    assertThat(answer.text()).contains("Content-Range: bytes 0-14/").contains("<!doctype html>");
  }

  private void resumed(Visitor visitor) {
    byte[] file = nginx.file("mebibyte.bin");
    ClientCall rest = get("/mebibyte.bin").with("Range", "bytes=700000-");
    String etag = visitor.call(ClientCall.of("HEAD", "/mebibyte.bin")).header("ETag").orElseThrow();
    ClientAnswer resumed = visitor.call(rest.with("If-Range", etag));
    assertThat(resumed.status()).isEqualTo(206);
    assertThat(resumed.body()).isEqualTo(Arrays.copyOfRange(file, 700_000, file.length));
    ClientAnswer changed = visitor.call(rest.with("If-Range", "\"older\""));
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.body()).isEqualTo(file);
  }

  private void caching(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/cached"));
    assertThat(answer.header("Cache-Control")).contains("max-age=3600");
    assertThat(answer.header("Vary")).contains("Accept-Language");
    assertThat(answer.header("X-From")).contains("nginx");
  }

  private void redirect(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/docs?a=1"));
    assertThat(answer.status()).isEqualTo(301);
    assertThat(answer.header("Location")).contains("/docs/?a=1");
  }

  private void followed(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/docs").following());
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.url()).isEqualTo(visitor.origin().url().resolve("/docs/"));
    assertThat(answer.content()).isEqualTo(nginx.file("docs/index.html"));
  }

  /**
   * The URL has the authority that the upstream agent uses: the relay does not rewrite {@code
   * Location}.
   */
  private void absoluteRedirect(Visitor visitor) {
    ClientAnswer answer = visitor.call(get("/absolute"));
    assertThat(answer.status()).isEqualTo(302);
    assertThat(answer.header("Location")).contains(nginx.url() + "/docs/");
  }

  private void password(Visitor visitor) {
    ClientAnswer without = visitor.call(get("/private/index.html"));
    assertThat(without.status()).isEqualTo(401);
    assertThat(without.header("WWW-Authenticate")).contains("Basic realm=\"private\"");
    byte[] login = "ada:böse Passphrase".getBytes(StandardCharsets.UTF_8);
    ClientAnswer with =
        visitor.call(
            get("/private/index.html")
                .with("Authorization", "Basic " + Base64.getEncoder().encodeToString(login)));
    assertThat(with.status()).isEqualTo(200);
    assertThat(with.content()).isEqualTo(nginx.file("docs/index.html"));
  }

  private void put(Visitor visitor) {
    byte[] content = Arrays.copyOf(nginx.file("mebibyte.bin"), 300_000);
    ClientCall put =
        ClientCall.of("PUT", "/uploads/new/file.bin")
            .sending(new ClientCall.Sized("application/octet-stream", content));
    assertThat(visitor.call(put).status()).isEqualTo(201);
    assertThat(nginx.file("uploads/new/file.bin")).isEqualTo(content);
    assertThat(visitor.call(put).status()).isEqualTo(204);
    assertThat(visitor.call(ClientCall.of("DELETE", "/uploads/new/file.bin")).status())
        .isEqualTo(204);
    assertThat(visitor.call(get("/uploads/new/file.bin")).status()).isEqualTo(404);
  }

  private void notAllowed(Visitor visitor) {
    byte[] content = "x".getBytes(StandardCharsets.UTF_8);
    ClientCall post =
        ClientCall.of("POST", "/index.html").sending(new ClientCall.Sized(TEXT, content));
    assertThat(visitor.call(post).status()).isEqualTo(405);
  }

  private void gone(Visitor visitor) {
    assertThat(visitor.call(get("/gone")).status()).isEqualTo(410);
  }
}
