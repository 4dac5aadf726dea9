package io.github.httplongcut.cli.diag;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.httplongcut.cli.Tools;
import io.github.httplongcut.cli.sources.SourceOptions;
import io.github.httplongcut.cli.sources.StubServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiagCommandTest {

  private static final Duration LIMIT = Duration.ofSeconds(2);
  private static final String AMQP_PASSWORD = "amqp+Pa$$word/1";
  private static final String AMQP_ENCODED = "amqp%2BPa%24%24word%2F1";
  private static final String MANAGEMENT_PASSWORD = "management-Password-2";
  private static final String OTHER_PASSWORD = "other-Password-3";
  private static final String HASH = "J/FCmalk33jOyAkzERmjrjyofCbbdD43Us6gFXgeskLKN14H";

  private final StubServer process = new StubServer();
  private final StubServer management = new StubServer();
  private final Tools tool = Tools.of(DiagCommand::new);

  @TempDir private Path directory;

  @BeforeEach
  void fillPages() {
    process
        .answer("/api/process", 200, "{\"role\": \"broker\", \"id\": \"broker.broker-1-k3v7qa\"}")
        .answer("/api/config", 200, "uris = [\"amqp://broker:***@127.0.0.1/longcut\"]")
        .answer("/api/threads", 200, "\"main\" RUNNABLE")
        .answer(
            "/api/log",
            200,
            "event=odd uri=\"amqp://other:%s@mq/v\" text=\"%s %s\""
                .formatted(OTHER_PASSWORD, AMQP_PASSWORD, MANAGEMENT_PASSWORD))
        .answer("/metrics", 200, "longcut_up 1\n")
        .answer("/api/status", 200, "{\"targets\": []}");
    management
        .answer("/api/overview", 200, "{\"rabbitmq_version\": \"3.10.8\"}")
        .answer(
            "/api/users",
            200,
            "[{\"name\": \"admin\", \"password_hash\": \"%s\", \"tags\": []}]".formatted(HASH))
        .answer("/api/policies/longcut", 200, "[]");
  }

  @AfterEach
  void closeServers() {
    process.close();
    management.close();
  }

  @Test
  void noPasswordIsInTheArchive() throws Exception {
    Path archive = diag();

    Map<String, String> files = unzipped(archive);

    assertThat(files).containsKey("processes/broker.broker-1-k3v7qa/log.txt");
    String all = String.join("\n", files.values()) + tool.out();
    assertThat(all)
        .contains("event=odd uri=\"amqp://other:***@mq/v\" text=\"*** ***\"")
        .doesNotContain(AMQP_PASSWORD, AMQP_ENCODED, MANAGEMENT_PASSWORD, OTHER_PASSWORD, HASH);
  }

  @Test
  void theArchiveHasAllThatCouldBeCollected() throws Exception {
    Map<String, String> files = unzipped(diag());

    assertThat(files)
        .containsOnlyKeys(
            "versions.txt",
            "settings/upstream-agent.conf",
            "processes/broker.broker-1-k3v7qa/process.json",
            "processes/broker.broker-1-k3v7qa/config.txt",
            "processes/broker.broker-1-k3v7qa/threads.txt",
            "processes/broker.broker-1-k3v7qa/log.txt",
            "processes/broker.broker-1-k3v7qa/metrics.txt",
            "processes/broker.broker-1-k3v7qa/status.json",
            "rabbitmq/overview.json",
            "rabbitmq/users.json",
            "rabbitmq/policies.json",
            "logs/broker-1.log",
            "doctor.txt",
            "doctor.json",
            "MISSING.txt");
    assertThat(files.get("settings/upstream-agent.conf")).contains("orders", "amqp://plant:***@");
    assertThat(files.get("doctor.txt")).contains("FAIL  network.rabbitmq", "checks failed");
    assertThat(files.get("MISSING.txt")).contains("rabbitmq/nodes.json: ", "answers 404");
    assertThat(files.get("logs/broker-1.log")).isEqualTo("event=started\n");
    assertThat(files.get("versions.txt")).contains("os.name");
  }

  @Test
  void onlyTheOwnerMayReadTheArchive() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(diag())))
        .isEqualTo("rw-------");
  }

  @Test
  void theTableNamesWhatIsMissing() throws Exception {
    diag();
    assertThat(tool.out())
        .containsPattern("versions\\.txt +\\d+\n")
        .containsPattern("rabbitmq/ +nodes\\.json +missing +RabbitMQ's management API")
        .contains("look through it before you give it away")
        .containsPattern("wrote .*/diag\\.zip, [\\d,]+ bytes, readable for its owner only\n");
  }

  @Test
  void jsonNamesTheSame() throws Exception {
    Path archive = diag("--json");

    JsonNode json = new JsonMapper().readTree(tool.out());

    assertThat(json.path("file").asText()).isEqualTo(archive.toString());
    assertThat(json.path("bytes").asLong()).isEqualTo(Files.size(archive));
    assertThat(json.path("parts")).anyMatch(part -> part.path("state").asText().equals("missing"));
  }

  @Test
  void rabbitMqAloneIsAnAnswer() throws Exception {
    process.close();
    assertThat(unzipped(diag())).containsKey("rabbitmq/overview.json");
  }

  @Test
  void anExistingFileIsNotOverwritten() throws Exception {
    Path file = Files.writeString(directory.resolve("diag.zip"), "mine");

    assertThat(tool.run("--broker", process.url(), "--out", file.toString())).isEqualTo(1);
    assertThat(tool.err())
        .isEqualTo("longcut: " + file + " exists; give another file with --out\n");
    assertThat(file).hasContent("mine");
  }

  @Test
  void theMetricsOfALargeRelayAreCut() throws Exception {
    process.answer("/metrics", 200, "longcut_line 1\n".repeat(700_000) + "the last line\n");

    Map<String, String> files = unzipped(diag());

    assertThat(files.get("processes/broker.broker-1-k3v7qa/metrics.txt"))
        .startsWith("[cut: without the first 9,451,4")
        .endsWith("the last line\n");
    assertThat(files.get("MISSING.txt")).contains("metrics.txt: cut: without the first 9,");
  }

  /** Half a password is not recognized as one. */
  @Test
  void aCutTextBeginsWithACompleteLine() throws Exception {
    String line = "uri=amqp://other:" + OTHER_PASSWORD + "@mq/v\n";
    process.answer("/api/log", 200, line.repeat(40_000));

    assertThat(unzipped(diag()).get("processes/broker.broker-1-k3v7qa/log.txt"))
        .doesNotContain("sword-3");
  }

  @Test
  void aProcessWithTwoAddressesIsTwiceInTheArchive() throws Exception {
    Path archive = directory.resolve("diag.zip");
    String other = process.url().replace("127.0.0.1", "localhost");

    assertThat(tool.run("--broker", process.url(), "--broker", other, "--out", archive.toString()))
        .isZero();

    assertThat(unzipped(archive))
        .containsKeys(
            "processes/broker.broker-1-k3v7qa/metrics.txt",
            "processes/broker.broker-1-k3v7qa-2/metrics.txt");
  }

  @Test
  void anArchiveThatCannotBeWrittenLeavesNoFileBehind() {
    Path archive = directory.resolve("diag.zip");
    List<Part> unfit =
        List.of(
            Part.of("a.txt", "a", Part.Keep.END),
            Part.of("x".repeat(70_000), "too long a name", Part.Keep.END));

    assertThatThrownBy(() -> Archive.write(archive, unfit)).isInstanceOf(Exception.class);

    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void aProcessThatHangsCostsLittleTime() throws Exception {
    Tools usual = Tools.of(ignored -> new DiagCommand(new SourceOptions(Map.of(), LIMIT)));
    Path archive = directory.resolve("diag.zip");
    try (ServerSocket frozen = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      String url = "http://127.0.0.1:" + frozen.getLocalPort();
      long start = System.nanoTime();

      assertThat(usual.run("--broker", url, "--out", archive.toString())).isEqualTo(1);

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
      assertThat(unzipped(archive).get("MISSING.txt"))
          .contains("processes/127-0-0-1-%d/: ".formatted(frozen.getLocalPort()));
    }
  }

  @Test
  void theAccessLogOfTheSettingsIsLeftOut() throws Exception {
    Path logs = Files.createDirectories(directory.resolve("client-logs"));
    Path shop = Files.writeString(logs.resolve("shop.log"), "203.0.113.7 - - GET /?token=x\n");
    Path settings =
        Files.writeString(
            directory.resolve("client.conf"),
            """
            longcut {
              amqp.uris = "amqp://acme:a-password@127.0.0.1:%d/longcut"
              client-agent.access-log { format = combined, file = "%s" }
            }"""
                .formatted(closedPort(), shop));
    Path archive = directory.resolve("diag.zip");
    tool.run(
        "--config", settings.toString(), "--logs", logs.toString(), "--out", archive.toString());
    assertThat(String.join("", unzipped(archive).values())).doesNotContain("203.0.113.7");
  }

  @Test
  void anInvalidSettingsFileIsMissing() throws Exception {
    Path settings = Files.writeString(directory.resolve("bad.conf"), "longcut.amqp.uris = 7");

    Path archive = directory.resolve("diag.zip");
    assertThat(tool.run("--config", settings.toString(), "--out", archive.toString())).isEqualTo(1);

    Map<String, String> files = unzipped(archive);
    assertThat(files.get("MISSING.txt")).contains("settings: invalid settings");
    assertThat(files.get("doctor.txt")).contains("FAIL  config.file");
  }

  private Path diag(String... more) throws IOException {
    Path settings =
        Files.writeString(
            directory.resolve("agent.conf"),
            """
            longcut {
              amqp.uris = "amqp://plant:%s@127.0.0.1:%d/longcut"
              upstream-agent.admin.port = %d
              upstream-agent.targets.orders { url = "http://127.0.0.1:9" }
            }"""
                .formatted(AMQP_ENCODED, closedPort(), closedPort()));
    Path logs = Files.createDirectories(directory.resolve("logs"));
    Files.writeString(logs.resolve("broker-1.log"), "event=started\n");
    Path archive = directory.resolve("diag.zip");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--config",
                settings.toString(),
                "--management",
                management.url().replace("://", "://admin:" + MANAGEMENT_PASSWORD + "@"),
                "--broker",
                process.url(),
                "--logs",
                logs.toString(),
                "--out",
                archive.toString()));
    arguments.addAll(List.of(more));
    assertThat(tool.run(arguments.toArray(new String[0]))).isZero();
    return archive;
  }

  private static int closedPort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static Map<String, String> unzipped(Path archive) throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
        ZipEntry entry = all.nextElement();
        try (InputStream in = zip.getInputStream(entry)) {
          files.put(entry.getName(), new String(in.readAllBytes(), UTF_8));
        }
      }
    }
    return files;
  }
}
