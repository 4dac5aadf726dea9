package io.github.httplongcut.system.relay;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.doctor.ToolRun;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.relay.Traffic.Answered;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Passwords in files: they are rotated under load, and nothing shows them. */
@Tag("any-rabbitmq")
class PasswordsIT {

  private static final int PER_SECOND = 200;
  private static final List<RabbitMqUser> USERS =
      List.of(RabbitMqUser.CLIENT_AGENT, RabbitMqUser.BROKER, RabbitMqUser.UPSTREAM_AGENT);

  @TempDir private Path directory;

  private final Map<RabbitMqUser, RotatedPassword> passwords = new EnumMap<>(RabbitMqUser.class);

  @Test
  void aPasswordIsRotatedUnderLoadWithoutAnErrorAndShownNowhere() throws Exception {
    try (RabbitMq rabbitMq = RabbitMq.dedicated();
        TestUpstream upstream = new TestUpstream();
        Relay relay = new Relay(user -> withoutPassword(rabbitMq.amqpUri(user)), "passwords")) {
      USERS.forEach(user -> passwords.put(user, new RotatedPassword(rabbitMq, user, directory)));
      RoleProcess client = with(relay, RabbitMqUser.CLIENT_AGENT).clientAgent();
      List<RoleProcess> all = new ArrayList<>(List.of(client));
      with(relay, RabbitMqUser.BROKER);
      all.addAll(List.of(relay.broker(), relay.broker()));
      with(relay, RabbitMqUser.UPSTREAM_AGENT);
      all.addAll(List.of(relay.upstreamAgent(upstream.url()), relay.upstreamAgent(upstream.url())));
      relay.awaitReady();

      warmUp(relay, client);
      List<Closing> closings = new ArrayList<>();
      try (Traffic traffic = new Traffic(relay, client, PER_SECOND)) {
        traffic.flowFor(Duration.ofSeconds(2));
        for (RotatedPassword password : passwords.values()) {
          List<Double> before = all.stream().map(PasswordsIT::connections).toList();
          password.rotate();
          awaitShown(rabbitMq);
          long begin = System.nanoTime();
          password.closeConnections();
          closings.add(new Closing(begin, System.nanoTime()));
          await("new logins")
              .atMost(Relay.PATIENCE)
              .until(() -> !all.stream().map(PasswordsIT::connections).toList().equals(before));
          relay.awaitReady();
          traffic.flowFor(Duration.ofSeconds(2));
        }
        List<Answered> answered = traffic.end();
        assertThat(answered).hasSizeGreaterThan(PER_SECOND);
        assertThat(answered)
            .filteredOn(each -> each.status() != 200)
            .filteredOn(each -> traffic.stalls().stream().noneMatch(stall -> stall.touches(each)))
            .filteredOn(each -> closings.stream().noneMatch(closing -> closing.excuses(each)))
            .isEmpty();
      }
      assertThat(all).allMatch(process -> connections(process) >= 4);
      assertShownNowhere(all, withoutPassword(rabbitMq.amqpUri(RabbitMqUser.BROKER)));
    }
  }

  /** Time in which all connections of a user were closed, as {@code nanoTime}. */
  private record Closing(long begin, long end) {

    /**
     * Returns whether the request is a POST in flight that ended with 504. A process that loses its
     * connection while RabbitMQ has not confirmed the ack of a POST forgets the POST
     * (docs/reliability.md): it must not run twice.
     */
    boolean excuses(Answered request) {
      return !request.isGet()
          && request.status() == 504
          && request.sentAt() - end <= 0
          && request.sentAt() + request.took().toNanos() - begin >= 0;
    }
  }

  /** Lets the processes compile their code: at first they are slower than the load. */
  private static void warmUp(Relay relay, RoleProcess client) {
    try (Traffic traffic = new Traffic(relay, client, PER_SECOND)) {
      traffic.flowFor(Duration.ofSeconds(5));
      traffic.end();
    }
  }

  /** Waits until the management API, whose list is seconds old, shows all connections. */
  private static void awaitShown(RabbitMq rabbitMq) {
    await("connections of five processes")
        .atMost(Relay.PATIENCE)
        .until(() -> rabbitMq.connections().size() >= 10);
  }

  private static double connections(RoleProcess process) {
    return process.metric("longcut_amqp_connections_opened_total");
  }

  private Relay with(Relay relay, RabbitMqUser user) {
    return relay.with("amqp.password-file", passwords.get(user).file().toString());
  }

  private static URI withoutPassword(URI uri) {
    return URI.create(uri.toString().replaceFirst(":[^:@/]*@", "@"));
  }

  private void assertShownNowhere(List<RoleProcess> all, URI brokerUri) throws IOException {
    List<String> texts = new ArrayList<>();
    for (RoleProcess process : all) {
      texts.add(Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline")));
      texts.add(process.output());
    }
    String file = passwords.get(RabbitMqUser.BROKER).file().toString();
    ToolRun check =
        ToolRun.of(
            Map.of("LONGCUT_AMQP_PLAIN_TEXT", "allowed"),
            List.of(
                "broker",
                "--amqp",
                brokerUri.toString(),
                "--amqp-password-file",
                file,
                "--check-config"));
    assertThat(check.exitCode()).as("%s", check).isZero();
    texts.add(check.toString());
    Path archive = directory.resolve("diag.zip");
    List<String> diag =
        new ArrayList<>(
            List.of("diag", "--amqp", brokerUri.toString(), "--amqp-password-file", file));
    diag.addAll(List.of("--out", archive.toString(), "--logs", "target/relay-logs/passwords"));
    all.forEach(process -> diag.addAll(List.of("--broker", adminUrl(process))));
    texts.add(ToolRun.of(Map.of(), diag).toString());
    texts.addAll(entries(archive));

    // The search finds what it should: arguments, log lines and settings in the archive.
    assertThat(texts).anyMatch(text -> text.contains("-Dlongcut.amqp.password-file=" + file));
    assertThat(texts).anyMatch(text -> text.contains("event=started role=broker"));
    assertThat(texts)
        .filteredOn(text -> text.contains("password-file=") && text.contains("longcut {"))
        .hasSizeGreaterThan(2);
    for (RotatedPassword password : passwords.values()) {
      for (String secret : password.passwords()) {
        assertThat(texts).noneMatch(text -> text.contains(secret));
      }
    }
  }

  private static String adminUrl(RoleProcess process) {
    return "http://127.0.0.1:" + process.port("admin_listening");
  }

  private static List<String> entries(Path archive) throws IOException {
    List<String> texts = new ArrayList<>();
    try (InputStream file = Files.newInputStream(archive);
        ZipInputStream zip = new ZipInputStream(file)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        texts.add(new String(zip.readAllBytes(), ISO_8859_1));
      }
    }
    return texts;
  }
}
