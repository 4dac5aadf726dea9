package io.github.httplongcut.cli.join;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a joining file. The file may come from anybody, so it is data only: plain JSON of bounded
 * size, without includes and substitutions, with known fields only. No error shows a value of it.
 */
public final class JoiningFileReader {

  private static final int MAX_BYTES = 256 << 10;
  private static final int MAX_DEPTH = 3;
  private static final Set<String> FIELDS =
      Set.of("longcut_grant", "role", "user", "password", "vhost", "addresses", "targets", "ca");

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private JoiningFileReader() {}

  /** Reads the file; empty if there is none. */
  public static Optional<JoiningFile> find(Path file) {
    return Files.exists(file) ? Optional.of(read(file)) : Optional.empty();
  }

  /**
   * Reads the file.
   *
   * @throws CommandFailedException if the file cannot be read, or is no valid joining file
   */
  public static JoiningFile read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw CommandFailedException.usage("more than " + (MAX_BYTES >> 10) + " KiB");
      }
      return parse(bytes);
    } catch (NoSuchFileException e) {
      throw CommandFailedException.usage(file + ": no such file");
    } catch (IOException e) {
      throw CommandFailedException.usage(file + ": cannot be read: " + e.getMessage());
    } catch (CommandFailedException e) {
      throw CommandFailedException.usage(
          "%s is not a file of './longcut grant': %s; ask RabbitMQ's operator for a new one"
              .formatted(file, e.getMessage()));
    }
  }

  /** Parses the content. */
  static JoiningFile parse(byte[] bytes) {
    JsonNode json = json(bytes);
    if (!json.isObject() || !json.path("longcut_grant").isInt()) {
      throw CommandFailedException.usage("longcut_grant: expected the version of the format");
    }
    if (json.path("longcut_grant").asInt() != JoiningFile.VERSION) {
      throw CommandFailedException.usage(
          "longcut_grant: this version of longcut reads format " + JoiningFile.VERSION);
    }
    json.fieldNames()
        .forEachRemaining(
            field -> {
              if (!FIELDS.contains(field)) {
                throw CommandFailedException.usage("it has an unknown field");
              }
            });
    return new JoiningFile(
        role(text(json, "role")),
        text(json, "user"),
        new Secret(text(json, "password")),
        text(json, "vhost"),
        texts(json, "addresses").stream().map(JoiningFileReader::address).toList(),
        texts(json, "targets"),
        json.has("ca") ? Optional.of(text(json, "ca")) : Optional.empty());
  }

  private static JsonNode json(byte[] bytes) {
    try {
      return JSON.readTree(bytes);
    } catch (IOException e) {
      // The message of the exception may quote the password.
      throw CommandFailedException.usage("it is not JSON");
    }
  }

  private static Role role(String key) {
    return Arrays.stream(Role.values())
        .filter(role -> role.key().equals(key))
        .findFirst()
        .orElseThrow(
            () ->
                CommandFailedException.usage(
                    "role: expected client-agent, broker or upstream-agent"));
  }

  private static RabbitMqAddress address(String text) {
    RabbitMqAddress address = RabbitMqAddress.parse(text, "addresses");
    if (address.vhost().isPresent()) {
      throw CommandFailedException.usage(
          "addresses: expected no vhost, which is a field of its own");
    }
    return address;
  }

  private static String text(JsonNode json, String field) {
    if (!json.path(field).isTextual()) {
      throw CommandFailedException.usage(field + ": expected a string");
    }
    return json.path(field).asText();
  }

  private static List<String> texts(JsonNode json, String field) {
    List<String> texts = new ArrayList<>();
    JsonNode list = json.path(field);
    boolean valid = list.isArray();
    for (JsonNode each : list) {
      valid &= each.isTextual();
      texts.add(each.asText());
    }
    if (!valid) {
      throw CommandFailedException.usage(field + ": expected a list of strings");
    }
    return texts;
  }
}
