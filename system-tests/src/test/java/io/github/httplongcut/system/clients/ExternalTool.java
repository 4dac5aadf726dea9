package io.github.httplongcut.system.clients;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** An installed program that these tests need. */
public enum ExternalTool {
  CURL("curl", "curl"),
  PYTHON("python3", "python3"),
  NODE("node", "nodejs"),
  NGINX("nginx", "nginx-light"),
  CHROMIUM("chromium", "chromium"),
  CHROMEDRIVER("chromedriver", "chromium-driver");

  private static final List<Path> BESIDE_THE_PATH =
      List.of(Path.of("/usr/sbin"), Path.of("/usr/local/sbin"));

  private final String program;
  private final String debianPackage;

  ExternalTool(String program, String debianPackage) {
    this.program = program;
    this.debianPackage = debianPackage;
  }

  /**
   * The program's absolute path.
   *
   * @throws IllegalStateException if the program is not installed; the message tells how to install
   *     it
   */
  public String path() {
    Stream<Path> onPath = Stream.of(System.getenv("PATH").split(File.pathSeparator)).map(Path::of);
    return Stream.concat(onPath, BESIDE_THE_PATH.stream())
        .map(directory -> directory.resolve(program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "%s is not on the PATH: run ./longcut test, which installs it on Debian, or install it yourself (Debian: apt-get install %s)"
                        .formatted(program, debianPackage)))
        .toString();
  }
}
