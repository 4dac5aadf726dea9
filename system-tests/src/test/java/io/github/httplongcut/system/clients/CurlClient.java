package io.github.httplongcut.system.clients;

import io.github.httplongcut.system.clients.ClientCall.Field;
import io.github.httplongcut.testkit.TemporaryFolder;
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

/** curl: one process for each request, with a cookie jar in this client's directory. */
final class CurlClient implements Client {

  private static final String CURL = ExternalTool.CURL.path();

  private final Path directory;

  /**
   * @param parent the directory in which this client creates its own
   */
  CurlClient(Path parent) {
    directory = TemporaryFolder.create(parent, "curl-");
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
      // curl's syntax for an empty value is "Name;".
      arguments.add("--header");
      arguments.add(field.name() + (field.value().isEmpty() ? ";" : ": " + field.value()));
    }
    write("body", new byte[0]);
    arguments.addAll(contentOf(call));
    arguments.add(base + call.path());
    String[] statusAndUrl = run(arguments).split(" ", 2);
    byte[] body = call.method().equals("HEAD") ? new byte[0] : read("body");
    return new ClientAnswer(
        Integer.parseInt(statusAndUrl[0]), URI.create(statusAndUrl[1]), lastHead(), body);
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
      // curl cannot know the length of standard input, so it sends chunks.
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

  /** The last of the response heads in curl's dump, which include 1xx responses and redirects. */
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
   * Runs curl in this client's directory. Standard input is the file {@code content} if it exists.
   *
   * @return curl's standard output
   * @throws IllegalStateException if curl failed, with its error output
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

  /** Reads a file in this client's directory. */
  byte[] read(String name) {
    try {
      return Files.readAllBytes(directory.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a file in this client's directory. */
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
    // No curl process outlives a call, and the directory is below the build's output.
  }
}
