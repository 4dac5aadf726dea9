package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the real process with fewer file descriptors than callers. */
class FewFilesTest {

  private static final int FILES = 220;
  private static final int CALLERS = 400;

  @TempDir private Path directory;
  private Process process;
  private int port;

  @BeforeEach
  void start() throws IOException {
    port = freePort();
    Path config = directory.resolve("client-agent.conf");
    Files.writeString(
        config,
        """
        longcut.amqp.uris = "amqp://nobody:nothing@127.0.0.1:1/none"
        longcut.client-agent { port = %d, admin.port = 0, default-upstream-target = demo }
        """
            .formatted(port));
    process =
        new ProcessBuilder(
                "bash",
                "-c",
                "ulimit -n " + FILES + " && exec \"$0\" -cp \"$1\" \"$2\" --config \"$3\"",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                System.getProperty("java.class.path"),
                ClientAgentMain.class.getName(),
                config.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
  }

  @AfterEach
  void stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void callersWithoutAFileDescriptorWaitWithoutUsingCpu() throws IOException {
    await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(this::answers);
    List<RawHttpCaller> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      byte[] address = {127, 0, 0, (byte) (2 + i % 20)}; // each address stays within its share
      callers.add(new RawHttpCaller(InetAddress.getByAddress(address), port));
    }

    Duration before = cpu();
    long begun = System.nanoTime();
    assertThat(callers.get(CALLERS - 1).send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
        .matches(caller -> !hasAnswer(caller), "waits");
    assertThat(cpu().minus(before)).isLessThan(Duration.ofNanos(System.nanoTime() - begun));
    for (RawHttpCaller caller : callers) {
      caller.close();
    }

    await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(this::answers);
  }

  private boolean answers() throws IOException {
    try (RawHttpCaller caller = new RawHttpCaller(port)) {
      return caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").receive().status() == 503;
    }
  }

  private static boolean hasAnswer(RawHttpCaller caller) {
    try {
      return caller.hasAnswerWithin(Duration.ofSeconds(3));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private Duration cpu() {
    return process.info().totalCpuDuration().orElseThrow();
  }
}
