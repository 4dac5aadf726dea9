package io.github.httplongcut.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests {@link NginxProcess} with a shell script in place of nginx. */
class NginxProcessTest {

  /** Runs if the file of the option {@code -c} contains "works", else fails. */
  private static final List<String> FAKE_NGINX =
      List.of("sh", "-c", "grep -q works \"$3\" && exec cat; echo the port is taken; exit 1");

  @TempDir private Path prefix;

  private final List<Integer> ports = new ArrayList<>();
  private ServerSocket listener;

  @AfterEach
  void closeListener() throws IOException {
    if (listener != null) {
      listener.close();
    }
  }

  @Test
  void triesAgainWithAnotherConfigurationIfThePortIsTaken() {
    try (NginxProcess nginx = NginxProcess.start(FAKE_NGINX, prefix, this::worksAtSecondAttempt)) {
      assertThat(ports).hasSize(2).endsWith(nginx.port());
      assertThat(prefix.resolve("nginx.conf")).hasContent("works");
    }
  }

  @Test
  void givesUpWithTheOutputOfTheLastAttempt() {
    assertThatThrownBy(
            () ->
                NginxProcess.start(
                    FAKE_NGINX,
                    prefix,
                    port -> {
                      ports.add(port);
                      return "fails";
                    }))
        .isInstanceOf(TestkitException.class)
        .hasMessageContaining("the port is taken");
    assertThat(ports).hasSize(5);
  }

  private String worksAtSecondAttempt(int port) {
    ports.add(port);
    if (ports.size() < 2) {
      return "fails";
    }
    try {
      listener = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "works";
  }
}
