package io.github.httplongcut.system.clients;

import io.github.httplongcut.system.clients.ClientCall.Field;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** curl, one process for each call, with a cookie jar in its directory. */
final class CurlClient implements Client {

  private static final String CURL = ExternalTool.CURL.path();

  private final Path directory;

  /**
   * @param parent where it puts a directory of its own
   */
  CurlClient(Path parent) {
    try {
      directory = Files.createTempDirectory(Files.createDirectories(parent), "curl-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String name() {
    return "curl";
  }

  @Override
  public Set<Skill> skills() {
    return Set.of(Skill.values());
  }

  @Override
  public ClientAnswer call(URI base, ClientCall call) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--globoff", "--cookie", "jar", "--cookie-jar", "jar"));
    arguments.addAll(List.of("--dump-header", "head", "--output", "body"));
    arguments.addAll(List.of("--write-out", "%{http_code} %{url_effective}"));
    if (call.follow()) {
      arguments.add("--location");
    }
    if (call.compressed()) {
      arguments.add("--compressed");
    }
    for (Field field : call.headers()) {
      // "Name;" is how curl is asked to send an empty value.
      arguments.add("--header");
      arguments.add(field.name() + (field.value().isEmpty() ? ";" : ": " + field.value()));
    }
    write("body", new byte[0]);
    arguments.addAll(contentOf(call));
    arguments.add(base + call.path());
    String[] told = run(arguments).split(" ", 2);
    byte[] body = call.method().equals("HEAD") ? new byte[0] : read("body");
    return new ClientAnswer(Integer.parseInt(told[0]), URI.create(told[1]), lastHead(), body);
  }

  private List<String> contentOf(ClientCall call) {
    String method = call.method();
    ClientCall.Content content = call.content();
    if (content instanceof ClientCall.Sized sized) {
      write("content", sized.data());
      List<String> send =
          switch (method) {
            case "PUT" -> List.of("--upload-file", "content");
            case "POST" -> List.of("--data-binary", "@content");
            default -> List.of("--request", method, "--data-binary", "@content");
          };
      return withType(send, sized.type());
    }
    if (content instanceof ClientCall.Chunked chunked) {
      write("content", chunked.data());
      // From standard input curl cannot know how much it will be.
      return withType(List.of("--upload-file", "-", "--request", method), chunked.type());
    }
    if (content instanceof ClientCall.Upload upload) {
      write(upload.fileName(), upload.data());
      String file = "file=@\"%s\";type=%s".formatted(upload.fileName(), upload.fileType());
      return List.of("--form", "comment=" + upload.comment(), "--form", file);
    }
    return switch (method) {
      case "GET" -> List.of();
      case "HEAD" -> List.of("--head");
      default -> List.of("--request", method);
    };
  }

  private static List<String> withType(List<String> arguments, String type) {
    return Stream.concat(arguments.stream(), Stream.of("--header", "Content-Type: " + type))
        .toList();
  }

  /** Of all the heads that curl noted, 100s and redirects among them. */
  private List<Field> lastHead() {
    List<Field> fields = new ArrayList<>();
    for (String line : new String(read("head"), StandardCharsets.ISO_8859_1).split("\r\n", -1)) {
      int colon = line.indexOf(':');
      if (line.startsWith("HTTP/")) {
        fields.clear();
      } else if (colon > 0) {
        fields.add(new Field(line.substring(0, colon), line.substring(colon + 1).strip()));
      }
    }
    return List.copyOf(fields);
  }

  /**
   * Runs curl in its directory, its standard input the file {@code content} if there is one.
   *
   * @return what it printed to standard output
   * @throws IllegalStateException if it failed, with what it said
   */
  String run(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(CURL, "--disable", "--noproxy", "*"));
    command.addAll(List.of("--silent", "--show-error", "--max-time", "20"));
    command.addAll(arguments);
    Path errors = directory.resolve("errors");
    Path content = directory.resolve("content");
    try {
      ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
      if (Files.exists(content)) {
        builder.redirectInput(content.toFile());
      }
      Process process = builder.redirectError(errors.toFile()).start();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(
            "%s: exit code %d: %s"
                .formatted(
                    String.join(" ", command), process.exitValue(), Files.readString(errors)));
      }
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** A file of its directory. */
  byte[] read(String name) {
    try {
      return Files.readAllBytes(directory.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a file of its directory. */
  void write(String name, byte[] content) {
    try {
      Files.write(directory.resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void forget() {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    // No process of it is left after a call; its files go with the build's.
  }
}
