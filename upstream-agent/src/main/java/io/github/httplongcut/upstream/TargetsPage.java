package io.github.httplongcut.upstream;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.httplongcut.admin.PageAnswer;
import io.github.httplongcut.upstream.http.TargetConfig;
import io.github.httplongcut.upstream.http.TargetConfig.HealthCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Page {@code /api/targets} of an upstream agent: the servers of its targets. */
final class TargetsPage {

  private TargetsPage() {}

  static PageAnswer of(List<TargetConfig> targets) {
    return PageAnswer.json(
        200,
        json -> {
          json.writeArrayFieldStart("targets");
          for (TargetConfig target : targets) {
            write(json, target);
          }
          json.writeEndArray();
        });
  }

  private static void write(JsonGenerator json, TargetConfig target) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", target.name());
    json.writeStringField("url", target.url().toString());
    Optional<Path> caFile = target.trust().caFile();
    if (caFile.isPresent()) {
      json.writeStringField("ca_file", caFile.get().toAbsolutePath().toString());
    }
    json.writeBooleanField("insecure", target.trust().insecure());
    Optional<String> healthPath = target.healthCheck().map(HealthCheck::path);
    // A query may hold a secret.
    if (healthPath.isPresent() && !healthPath.get().contains("?")) {
      json.writeStringField("health_path", healthPath.get());
    }
    json.writeEndObject();
  }
}
