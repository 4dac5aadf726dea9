package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.config.Authority;
import io.github.httplongcut.upstream.http.TargetConfig;
import io.github.httplongcut.upstream.http.TargetConfig.HealthCheck;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A target of an upstream agent, and the server that the doctor may try for it.
 *
 * @param trust TLS settings for an https server
 * @param healthPath path and query of the health check; empty if there is none, or if it is unknown
 */
record ServedTarget(
    String name, TargetAddress server, AmqpConfig.Tls trust, Optional<String> healthPath) {

  /** Maximum number of targets that are read from a page. */
  static final int MAX_TARGETS = 100;

  private static final int MAX_CA_BYTES = 1 << 20;

  /** Visible ASCII characters, as in the target of an HTTP request. */
  private static final Pattern PATH = Pattern.compile("/[!-~&&[^#]]{0,1000}");

  /** Returns a target of a settings file. */
  static ServedTarget of(TargetConfig target) {
    return new ServedTarget(
        target.name(),
        TargetAddress.of(target.url()),
        Given.tls(target),
        target.healthCheck().map(HealthCheck::path));
  }

  /**
   * Returns the targets in the page {@code /api/targets} of an upstream agent, {@value
   * #MAX_TARGETS} at most. Any program may listen on the port, so leaves out each target that is
   * invalid, or whose CA file cannot be read here.
   */
  static List<ServedTarget> inPage(JsonNode page) {
    List<ServedTarget> targets = new ArrayList<>();
    for (JsonNode each : page.path("targets")) {
      if (targets.size() < MAX_TARGETS) {
        read(each).ifPresent(targets::add);
      }
    }
    return targets;
  }

  private static Optional<ServedTarget> read(JsonNode json) {
    try {
      URI url = URI.create(json.path("url").asText());
      Optional<String> healthPath = text(json, "health_path");
      Optional<Path> caFile = text(json, "ca_file").map(Path::of);
      if (!isServer(url)
          || healthPath.filter(path -> !PATH.matcher(path).matches()).isPresent()
          || caFile.filter(file -> !isSmallFile(file)).isPresent()) {
        return Optional.empty();
      }
      boolean insecure = json.path("insecure").asBoolean();
      return Optional.of(
          new ServedTarget(
              json.path("name").asText(),
              TargetAddress.of(url),
              new AmqpConfig.Tls(caFile, Optional.empty(), Optional.empty(), insecure),
              healthPath));
    } catch (IllegalArgumentException e) { // also InvalidPathException
      return Optional.empty();
    }
  }

  private static Optional<String> text(JsonNode json, String field) {
    return Optional.of(json.path(field)).filter(JsonNode::isTextual).map(JsonNode::asText);
  }

  private static boolean isServer(URI url) {
    boolean isHttp = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
    return isHttp
        && Authority.of(url)
            .filter(server -> server.userInfo().isEmpty() && server.port() <= 65_535)
            .isPresent();
  }

  /** Returns false also for a pipe or a device, which the doctor must not read. */
  private static boolean isSmallFile(Path file) {
    try {
      return Files.isRegularFile(file) && Files.size(file) > 0 && Files.size(file) <= MAX_CA_BYTES;
    } catch (IOException e) {
      return false;
    }
  }
}
