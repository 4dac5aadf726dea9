package io.github.httplongcut.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.httplongcut.config.InvalidConfigException;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Sources;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

final class TokenFileTest {

  private static final String SIXTEEN = "!23456789abcdef~";

  @TempDir private Path directory;

  @Test
  void theTokenIsOneLine() throws IOException {
    assertThat(TokenFile.read(file(SIXTEEN)).value()).isEqualTo(SIXTEEN);
    assertThat(TokenFile.read(file(SIXTEEN + "\r\n")).value()).isEqualTo(SIXTEEN);
    String longest = "x".repeat(1024);
    assertThat(TokenFile.read(file(longest + "\n")).value()).isEqualTo(longest);
  }

  @Test
  void otherContentIsRefusedWithoutShowingIt() throws IOException {
    for (String content :
        new String[] {
          "",
          "\n",
          "123456789abcdef",
          "a token with spaces",
          SIXTEEN + "\n" + SIXTEEN,
          SIXTEEN + "ä",
          SIXTEEN + "\u0000",
          "x".repeat(1025),
          "x".repeat(100_000)
        }) {
      Path file = file(content);
      assertThatThrownBy(() -> TokenFile.read(file))
          .isInstanceOf(IOException.class)
          .hasMessage(
              file
                  + " holds no token: expected one line of 16 to 1024 printable ASCII characters"
                  + " without spaces, as openssl rand -hex 32 makes it");
    }
  }

  @Test
  void aProcessDoesNotStartWithAnInvalidFile() throws IOException {
    Path file = file("short");

    assertThatThrownBy(() -> read("longcut.broker.admin.token-file = \"" + file + '"'))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("longcut.broker.admin.token-file")
        .hasMessageContaining("holds no token: expected one line of 16 to 1024 printable");
    assertThatThrownBy(() -> read("longcut.broker.admin.token-file = /does/not/exist"))
        .hasMessageContaining("expected a readable file");
    assertThat(read("longcut.broker.admin.token-file = \"" + file(SIXTEEN) + '"'))
        .isEqualTo(new AdminConfig("127.0.0.1", 8002, Optional.of(directory.resolve("token"))));
  }

  @Test
  void fileThatOthersCanReadIsAWarning() throws IOException {
    Path file = file(SIXTEEN);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    assertThat(warningsOfOpening(file)).isEmpty();

    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw----r--"));
    assertThat(warningsOfOpening(file))
        .containsExactly(
            "event=admin_token_readable_by_others file=" + file + " remedy=\"chmod 600\"");
  }

  private static List<String> warningsOfOpening(Path file) throws IOException {
    Logger log = (Logger) LoggerFactory.getLogger(TokenFile.class);
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    log.addAppender(logged);
    try {
      TokenFile.open(file);
    } finally {
      log.detachAppender(logged);
    }
    return logged.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"refused", "allowed"})
  void theDemosTokenIsForTrialsOnly(String setting) throws IOException {
    String settings =
        "longcut.broker.admin.token-file = \"%s\", longcut.amqp.demo-passwords = %s"
            .formatted(file(TokenFile.DEMO_TOKEN), setting);

    if (setting.equals("allowed")) {
      assertThat(read(settings).tokenFile()).isPresent();
    } else {
      assertThatThrownBy(() -> read(settings))
          .hasMessageContaining("the demo's token, which is public");
    }
  }

  /** Reading a pipe waits for its content. So the file can be replaced while it is read. */
  @Test
  @Timeout(30)
  void aFileThatIsReplacedWhileItIsReadIsReadAgain() throws Exception {
    Path pipe = directory.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Path changed = file("fedcba9876543210");
    Callable<Path> replacement =
        () -> {
          try (OutputStream old = Files.newOutputStream(pipe, StandardOpenOption.WRITE)) {
            Files.move(changed, pipe, StandardCopyOption.REPLACE_EXISTING);
            old.write(SIXTEEN.getBytes(US_ASCII));
          }
          return pipe;
        };
    FutureTask<Path> replaced = new FutureTask<>(replacement);
    new Thread(replaced, "replaces the token").start();

    TokenFile file = TokenFile.open(pipe);

    assertThat(replaced.get(10, TimeUnit.SECONDS)).isRegularFile();
    await().until(() -> file.token().is("fedcba9876543210"));
  }

  /** Only the part of the settings that the class reads; the defaults of a role are not here. */
  private static AdminConfig read(String settings) {
    return Sources.parse(
        "longcut.broker.admin { host = 127.0.0.1, port = 8002 }\n" + settings,
        longcut -> {
          longcut.name("id");
          longcut.partOfSection("otlp");
          longcut.partOfSection("amqp");
          return AdminConfig.read(longcut, Role.BROKER);
        });
  }

  private Path file(String content) throws IOException {
    return Files.writeString(directory.resolve("token"), content);
  }
}
