package io.github.httplongcut.cli.diag;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.Optional;
import java.util.regex.Pattern;

/** Paths in the archive. Foreign text in them cannot leave the archive's directory. */
final class ArchivePath {

  /** Directory of the processes' directories. */
  static final String PROCESSES = "processes/";

  /** Directory of the pages of RabbitMQ's management API. */
  static final String RABBITMQ = "rabbitmq/";

  private static final int MAX_CHARS = 100;

  /** A process id: no slash, and no dot at the beginning. */
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]*");

  private ArchivePath() {}

  /**
   * Returns the directory of a process: {@code processes/broker.broker-1-k3v7qa/}.
   *
   * @param address address of its admin pages, in place of an id
   * @param description the page about the process, if it has answered
   * @param taken directories of other processes. Two addresses may lead to one process, and a
   *     foreign program may answer with the id of a process.
   */
  static String ofProcess(
      String address, Optional<JsonNode> description, Collection<String> taken) {
    String id = description.map(page -> page.path("id").asText()).orElse("");
    boolean isValid = ID.matcher(id).matches() && id.length() <= MAX_CHARS;
    String name =
        isValid ? id : address.replaceFirst("^https?://", "").replaceAll("[^A-Za-z0-9_-]", "-");
    String directory = PROCESSES + name + '/';
    for (int number = 2; taken.contains(directory); number++) {
      directory = PROCESSES + name + '-' + number + '/';
    }
    return directory;
  }
}
