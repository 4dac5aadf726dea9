package io.github.httplongcut.upstream.http;

import static io.github.httplongcut.upstream.http.Examples.get;
import static io.github.httplongcut.upstream.http.Examples.headers;
import static io.github.httplongcut.upstream.http.Examples.post;
import static io.github.httplongcut.upstream.http.Examples.withHeaders;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import org.junit.jupiter.api.Test;

final class UpstreamRequestFieldsTest {

  private final TargetServer server = TargetServer.of(Examples.config("http://server.example:81"));
  private final TargetServer preserving =
      TargetServer.of(Examples.preservingHost("http://server.example:81"));

  @Test
  void hostIsThatOfTheServer() {
    assertThat(
            UpstreamRequestFields.forServer(
                withHeaders(get("/"), headers("hOST", "caller")), server))
        .isEqualTo(headers("hOST", "server.example:81"));
  }

  @Test
  void preservedHostIsThatOfTheCaller() {
    assertThat(
            UpstreamRequestFields.forServer(
                withHeaders(get("/"), headers("Host", "caller")), preserving))
        .isEqualTo(headers("Host", "caller"));
  }

  @Test
  void preservedHostIsKeptEvenIfConnectionNamesIt() {
    assertThat(
            UpstreamRequestFields.forServer(
                withHeaders(get("/"), headers("Connection", "Host", "Host", "caller")), preserving))
        .isEqualTo(headers("Host", "caller"));
  }

  @Test
  void hostIsNeverMissing() {
    Headers one = headers("Host", "server.example:81", "A", "1");

    assertThat(UpstreamRequestFields.forServer(withHeaders(get("/"), headers("A", "1")), server))
        .isEqualTo(one);
    assertThat(
            UpstreamRequestFields.forServer(withHeaders(get("/"), headers("A", "1")), preserving))
        .isEqualTo(one);
  }

  @Test
  void contentLengthIsThatOfTheBody() {
    assertThat(
            UpstreamRequestFields.forServer(
                withHeaders(post("abc"), headers("Host", "h", "content-length", "99", "A", "1")),
                preserving))
        .isEqualTo(headers("Host", "h", "content-length", "3", "A", "1"));
    assertThat(
            UpstreamRequestFields.forServer(
                withHeaders(get("/"), headers("Host", "h", "Content-Length", "99")), preserving))
        .isEqualTo(headers("Host", "h"));
  }

  @Test
  void framingOfAnotherHopNeverReachesTheServer() {
    Headers smuggled =
        headers(
            "Host",
            "h",
            "Transfer-Encoding",
            "chunked",
            "Connection",
            "X-Hop, close",
            "X-Hop",
            "1",
            "Upgrade",
            "h2c",
            "TE",
            "trailers",
            "Keep-Alive",
            "1",
            "Proxy-Authorization",
            "x");

    assertThat(UpstreamRequestFields.forServer(withHeaders(post("abc"), smuggled), preserving))
        .isEqualTo(headers("Host", "h", "Content-Length", "3"));
  }

  @Test
  void otherExpectationsAreRelayed() {
    assertThat(
            UpstreamRequestFields.forServer(
                withHeaders(
                    get("/"), headers("Host", "h", "Expect", "100-Continue", "Expect", "x")),
                preserving))
        .isEqualTo(headers("Host", "h", "Expect", "x"));
  }
}
