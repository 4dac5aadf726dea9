package io.github.httplongcut.cli.join;

import com.typesafe.config.ConfigUtil;
import io.github.httplongcut.cli.CommandFailedException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Files of a process that has joined, beside the joining file or in a directory for a trial. Each
 * is written in one step, and readable for its owner only.
 *
 * @param directory directory of the files
 * @param own directory of the file with the operator's own settings
 * @param name name of the files: {@code acme} for {@code acme.conf}
 */
record AgentFiles(Path directory, Path own, String name) {

  private static final String SUFFIX = ".longcut";
  private static final String CA_FILE = "longcut.amqp.tls.ca-file";
  private static final String FIRST_LINE =
      "# Written by './longcut join', which replaces this file. Settings of your own\n";

  /** Returns the files beside a joining file. */
  static AgentFiles beside(Path joiningFile) {
    Path file = joiningFile.toAbsolutePath().normalize();
    String name = file.getFileName().toString();
    if (file.toString().chars().anyMatch(Character::isISOControl)) {
      throw CommandFailedException.usage("FILE: its path has a control character");
    }
    String base =
        name.endsWith(SUFFIX) && name.length() > SUFFIX.length()
            ? name.substring(0, name.length() - SUFFIX.length())
            : name;
    return new AgentFiles(file.getParent(), file.getParent(), base);
  }

  /** Returns the same files in another directory, for a trial. */
  AgentFiles in(Path other) {
    return new AgentFiles(other, own, name);
  }

  /** Returns the settings file. */
  Path settings() {
    return directory.resolve(name + ".conf");
  }

  /** Returns the file with the password. */
  Path password() {
    return directory.resolve(name + ".password");
  }

  private Path ca() {
    return directory.resolve(name + ".ca.pem");
  }

  /** Returns the file with the operator's own settings. */
  Path ownSettings() {
    return own.resolve(name + ".local.conf");
  }

  /**
   * Checks that writing replaces only files that an earlier join wrote.
   *
   * @throws CommandFailedException if another file has the name of one of them
   */
  void requireOwn() {
    if (!Files.exists(settings())) {
      for (Path file : List.of(password(), ca())) {
        if (Files.exists(file)) {
          throw CommandFailedException.usage(
              "%s exists without %s, so './longcut join' cannot tell whether it wrote it; delete it or move it away"
                  .formatted(file, settings()));
        }
      }
      return;
    }
    if (!isWrittenByJoin(settings())) {
      throw foreign(settings());
    }
    if (Files.exists(ca()) && !SettingsFile.has(settings(), CA_FILE)) {
      throw foreign(ca());
    }
  }

  private static boolean isWrittenByJoin(Path file) {
    byte[] expected = FIRST_LINE.getBytes(StandardCharsets.UTF_8);
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(expected.length), expected);
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot read %s: %s; check its owner and mode".formatted(file, e.getMessage()), e);
    }
  }

  private CommandFailedException foreign(Path file) {
    return CommandFailedException.usage(
        "%s exists, and './longcut join' did not write it; move it away, or rename %s, which names"
                .formatted(file, name + SUFFIX)
            + " the files");
  }

  /**
   * Writes all files. The settings file is the last, because it names the others. If the grant has
   * no CA, the CA file of an earlier join is then deleted: only settings that name it tell that
   * join wrote it.
   */
  void write(JoiningFile grant, AgentOptions options) {
    boolean hadCa = SettingsFile.has(settings(), CA_FILE);
    PrivateFile.write(password(), grant.password().value() + '\n');
    grant.ca().ifPresent(pem -> PrivateFile.write(ca(), pem));
    PrivateFile.write(settings(), text(grant, options));
    if (hadCa && grant.ca().isEmpty()) {
      delete(ca());
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot delete %s, which the new settings do not name: %s; delete it"
              .formatted(file, e.getMessage()),
          e);
    }
  }

  /** Returns the settings. All values of the grant are quoted, so that none is a setting. */
  private String text(JoiningFile grant, AgentOptions options) {
    StringBuilder text = new StringBuilder();
    text.append(FIRST_LINE);
    text.append("# belong into the file that the last line names; they take precedence.\n");
    text.append("longcut {\n");
    options.id().ifPresent(id -> line(text, 2, "id = " + quoted(id)));
    line(text, 2, "amqp {");
    line(text, 4, "uris = [" + uris(grant) + "]");
    line(text, 4, "password-file = " + quoted(password()));
    if (grant.ca().isPresent()) {
      line(text, 4, "tls.ca-file = " + quoted(ca()));
    }
    line(text, 2, "}");
    line(text, 2, grant.role().key() + " {");
    options.section(grant).forEach(setting -> line(text, 4, setting));
    line(text, 2, "}");
    text.append("}\n");
    text.append("include file(").append(quoted(ownSettings())).append(")\n");
    return text.toString();
  }

  private static String uris(JoiningFile grant) {
    return grant.addresses().stream()
        .map(address -> quoted(address.uri(grant.user(), grant.vhost())))
        .collect(Collectors.joining(", "));
  }

  private static String quoted(Object value) {
    return ConfigUtil.quoteString(value.toString());
  }

  private static void line(StringBuilder text, int indent, String content) {
    text.append(" ".repeat(indent)).append(content).append('\n');
  }
}
