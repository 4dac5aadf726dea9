package io.github.httplongcut.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class MainTest {

  @Test
  void aPasswordOnTheCommandLineCausesAWarning() {
    StringWriter err = new StringWriter();
    CommandLine commandLine = Main.commandLine();
    commandLine.setErr(new PrintWriter(err));

    commandLine.execute("status", "--amqp", "amqp://u:secret@", "--broker", "not a URL");

    assertThat(err.toString())
        .startsWith("longcut: warning: the list of processes shows the password to every user")
        .doesNotContain("secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--ampq=amqp://u:secret@h/v", "amqp://u:secret@h/v"})
  void errorAboutAnInvalidOptionHidesTheLogin(String argument) {
    StringWriter err = new StringWriter();
    CommandLine commandLine = Main.commandLine();
    commandLine.setErr(new PrintWriter(err));

    assertThat(commandLine.execute("tap", argument)).isEqualTo(2);

    assertThat(err.toString()).contains("amqp://***@h/v").doesNotContain("secret");
  }
}
