package io.github.httplongcut.system.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.system.clients.ExternalTool;
import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Runs the tests of the page's pure modules in Node. They need no npm package. */
@Tag("any-rabbitmq")
class PageScriptsIT {

  private static final String DIRECTORY = "system-tests/src/test/node/page";

  @Test
  void testsOfThePagesModulesPass() throws Exception {
    List<String> command = new ArrayList<>(List.of(ExternalTool.NODE.path(), "--test"));
    command.addAll(tests());
    Process node = new ProcessBuilder(command).redirectErrorStream(true).start();
    node.getOutputStream().close();

    String output = new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(node.waitFor()).as(output).isZero();
    assertThat(output).containsPattern("(?m)^\\W*pass [1-9]\\d+");
  }

  private static List<String> tests() throws IOException {
    try (Stream<Path> files = Files.list(Checkout.file(DIRECTORY))) {
      return files.map(Path::toString).filter(file -> file.endsWith(".test.mjs")).sorted().toList();
    }
  }
}
