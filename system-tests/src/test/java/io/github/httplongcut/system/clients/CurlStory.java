package io.github.httplongcut.system.clients;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A scenario that uses options of curl.
 *
 * @param steps the calls and the assertions on their results
 */
record CurlStory(String name, Steps steps) {

  /** The steps of a scenario, run with curl in an empty directory. */
  interface Steps {

    /** Runs the steps. Returns text that must be equal directly and through the relay. */
    String apply(CurlClient curl, URI base);
  }

  private static final String STATUS = "%{http_code}\n";

  static List<CurlStory> atNginx(Nginx nginx) {
    return List.of(
        new CurlStory("-C - resumes", (curl, base) -> resume(nginx, curl, base)),
        new CurlStory("--etag-compare", CurlStory::etagCompare),
        new CurlStory("--time-cond", CurlStory::timeCondition),
        new CurlStory("--user", CurlStory::user),
        new CurlStory("-T into a directory", (curl, base) -> uploadNamed(nginx, curl, base)),
        new CurlStory("many URLs over one connection", CurlStory::oneConnection),
        new CurlStory("--parallel", CurlStory::parallel),
        new CurlStory("--http1.0", CurlStory::http10),
        new CurlStory("--http2, which requests an upgrade", CurlStory::http2),
        new CurlStory("--path-as-is", CurlStory::pathAsIs));
  }

  static List<CurlStory> atExpress() {
    return List.of(
        new CurlStory("--limit-rate of a download", CurlStory::slowDownload),
        new CurlStory("--limit-rate of an upload", CurlStory::slowUpload),
        new CurlStory("-OJ, a name from the server", CurlStory::remoteName),
        new CurlStory("--data-urlencode", CurlStory::dataUrlencode),
        new CurlStory("GET with a body", CurlStory::getWithBody),
        new CurlStory("Expect: 100-continue", CurlStory::expectContinue),
        new CurlStory("--http2 with a body", CurlStory::http2WithBody),
        new CurlStory("many URLs over one connection", CurlStory::oneConnection));
  }

  private static String resume(Nginx nginx, CurlClient curl, URI base) {
    byte[] file = nginx.file("mebibyte.bin");
    curl.write("part", Arrays.copyOf(file, 300_000));
    String output = run(curl, STATUS, "-C", "-", "-o", "part", base + "/mebibyte.bin");
    assertThat(output).isEqualTo("206\n");
    assertThat(Arrays.equals(curl.read("part"), file)).isTrue();
    return output;
  }

  private static String etagCompare(CurlClient curl, URI base) {
    String url = base + "/docs/index.html";
    String first = run(curl, STATUS, "-o", "page", "--etag-save", "etag", url);
    String second = run(curl, STATUS, "-o", "page2", "--etag-compare", "etag", url);
    assertThat(first + second).isEqualTo("200\n304\n");
    return text(curl, "etag");
  }

  private static String timeCondition(CurlClient curl, URI base) {
    String url = base + "/docs/index.html";
    String older = run(curl, STATUS, "-o", "page", "-z", "Fri, 01 Mar 2024 00:00:00 GMT", url);
    String newer = run(curl, STATUS, "-o", "page", "-z", "Wed, 28 Feb 2024 00:00:00 GMT", url);
    assertThat(older + newer).isEqualTo("304\n200\n");
    return older + newer;
  }

  private static String user(CurlClient curl, URI base) {
    String url = base + "/private/index.html";
    String wrong = run(curl, STATUS, "-o", "page", "--user", "ada:wrong", url);
    String right = run(curl, STATUS, "-o", "page", "--user", "ada:böse Passphrase", url);
    assertThat(wrong + right).isEqualTo("401\n200\n");
    return wrong + right + text(curl, "page");
  }

  private static String uploadNamed(Nginx nginx, CurlClient curl, URI base) {
    curl.write("named.bin", nginx.file("mebibyte.bin"));
    String put = run(curl, STATUS, "-T", "named.bin", base + "/uploads/");
    assertThat(put).isEqualTo("201\n");
    assertThat(nginx.file("uploads/named.bin")).isEqualTo(nginx.file("mebibyte.bin"));
    String delete = run(curl, STATUS, "-X", "DELETE", base + "/uploads/named.bin");
    assertThat(delete).isEqualTo("204\n");
    return put + delete;
  }

  private static String oneConnection(CurlClient curl, URI base) {
    List<String> arguments = new ArrayList<>();
    for (String path : List.of("/", "/missing", "/docs", "/")) {
      arguments.addAll(List.of("-o", "page", base + path));
    }
    String output = run(curl, "%{num_connects} %{http_code}\n", arguments.toArray(String[]::new));
    assertThat(output.lines().map(line -> line.charAt(0))).containsExactly('1', '0', '0', '0');
    return output;
  }

  private static String parallel(CurlClient curl, URI base) {
    String output = run(curl, STATUS, "--parallel", "-o", "#1", base + "/picture.svg?n=[1-20]");
    assertThat(output).isEqualTo("200\n".repeat(20));
    return text(curl, "1") + text(curl, "20");
  }

  private static String http10(CurlClient curl, URI base) {
    String output = run(curl, STATUS, "--http1.0", "-o", "page", base + "/long.txt");
    assertThat(output).isEqualTo("200\n");
    assertThat(text(curl, "page")).startsWith("Größe, 尺寸, 🙂.\n").hasSizeGreaterThan(60_000);
    return output;
  }

  private static String http2(CurlClient curl, URI base) {
    String output = run(curl, "%{http_version} %{http_code}\n", "--http2", base + "/docs/");
    assertThat(output).endsWith("1.1 200\n");
    return output;
  }

  private static String pathAsIs(CurlClient curl, URI base) {
    String dots = run(curl, STATUS, "--path-as-is", base + "/docs/../docs/./index.html");
    assertThat(dots).contains("Here they are.").endsWith("200\n");
    String above = run(curl, STATUS, "--path-as-is", base + "/../etc/passwd");
    assertThat(above).contains("nginx/").endsWith("400\n");
    return dots + above;
  }

  private static String slowDownload(CurlClient curl, URI base) {
    String output = run(curl, STATUS, "--limit-rate", "600k", "-o", "blob", base + "/blob/900000");
    assertThat(output).isEqualTo("200\n");
    assertThat(curl.read("blob")).hasSize(900_000);
    return Transcript.sha256(curl.read("blob"));
  }

  private static String slowUpload(CurlClient curl, URI base) {
    byte[] content = new byte[400_000];
    Arrays.fill(content, (byte) 7);
    curl.write("blob", content);
    String output =
        run(
            curl,
            "\n%{http_code} %{time_total}",
            "--limit-rate",
            "600k",
            "-T",
            "blob",
            base + "/raw");
    String[] lines = output.split("\n", -1);
    assertThat(lines[0]).contains(Transcript.sha256(content));
    assertThat(lines[1]).startsWith("200 ");
    assertThat(Double.parseDouble(lines[1].split(" ", -1)[1])).isGreaterThan(0.3);
    return lines[0];
  }

  private static String remoteName(CurlClient curl, URI base) {
    run(curl, STATUS, "-OJ", base + "/download?name=table.csv");
    assertThat(text(curl, "table.csv")).startsWith("Stück;Preis\n");
    return text(curl, "table.csv");
  }

  private static String dataUrlencode(CurlClient curl, URI base) {
    String output = run(curl, STATUS, "-G", "--data-urlencode", "q=a b&c=ü+%", base + "/query");
    assertThat(output).isEqualTo("{\"q\":\"a b&c=\u00c3\u00bc+%\"}200\n");
    return output;
  }

  private static String getWithBody(CurlClient curl, URI base) {
    String output = run(curl, STATUS, "-X", "GET", "--data", "with=body", base + "/inspect");
    assertThat(output).contains("\"method\":\"GET\"").contains("\"body\":\"d2l0aD1ib2R5\"");
    return output.substring(output.indexOf("\"body\""));
  }

  private static String expectContinue(CurlClient curl, URI base) {
    curl.write("blob", "waits for 100 Continue".getBytes(StandardCharsets.UTF_8));
    String output =
        run(
            curl,
            STATUS,
            "--dump-header",
            "head",
            "-H",
            "Expect: 100-continue",
            "-T",
            "blob",
            base + "/raw");
    assertThat(output).endsWith("200\n");
    assertThat(text(curl, "head"))
        .startsWith("HTTP/1.1 100 Continue\r\n")
        .contains("\r\nHTTP/1.1 200 OK\r\n");
    return output;
  }

  private static String http2WithBody(CurlClient curl, URI base) {
    String output = run(curl, " %{http_version}", "--http2", "--data", "a=1", base + "/inspect");
    assertThat(output).contains("\"body\":\"YT0x\"").endsWith(" 1.1");
    return output.substring(output.indexOf("\"body\""));
  }

  private static String run(CurlClient curl, String format, String... arguments) {
    List<String> all = new ArrayList<>(List.of("--write-out", format));
    all.addAll(List.of(arguments));
    return curl.run(all);
  }

  private static String text(CurlClient curl, String file) {
    return new String(curl.read(file), StandardCharsets.UTF_8);
  }
}
