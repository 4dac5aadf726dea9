package io.github.httplongcut.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.httplongcut.config.Version;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Instant;

/** JSON form of a process: its id, release, age and readiness. Thread-safe. */
public final class ProcessInfo {

  private final ProcessDescription process;
  private final Readiness readiness;
  private final Instant startedAt =
      Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime());

  public ProcessInfo(ProcessDescription process, Readiness readiness) {
    this.process = process;
    this.readiness = readiness;
  }

  /** Returns the current id of the process. */
  public String id() {
    return process.id().get().toString();
  }

  /** Writes the members of the process, without the conditions of its readiness. */
  public void write(JsonGenerator json) throws IOException {
    writeIdentity(json);
    json.writeBooleanField("ready", readiness.isReady());
  }

  /** Returns the page {@code /api/process}. */
  PageAnswer page() {
    return PageAnswer.json(
        200,
        json -> {
          writeIdentity(json);
          ReadinessJson.write(json, readiness.conditions());
        });
  }

  private void writeIdentity(JsonGenerator json) throws IOException {
    json.writeStringField("role", process.role().key());
    json.writeStringField("id", id());
    json.writeStringField("name", process.name());
    json.writeStringField("version", Version.current());
    json.writeStringField("started_at", PageTime.format(startedAt));
    json.writeStringField("now", PageTime.format(Instant.now()));
    json.writeNumberField("pid", ProcessHandle.current().pid());
    json.writeStringField("java", System.getProperty("java.version"));
  }
}
