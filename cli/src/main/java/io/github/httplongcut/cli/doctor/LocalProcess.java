package io.github.httplongcut.cli.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A process of this machine, as Linux' {@code /proc} shows it. Without {@code /proc}, or without
 * the right to read it, no process is found.
 *
 * @param name role and name of a process of the relay, such as {@code broker broker-1}; empty if
 *     its command line does not tell
 * @param pid its process id
 * @param stopped true if a signal has suspended it (SIGSTOP, SIGTSTP)
 */
record LocalProcess(String name, long pid, boolean stopped) {

  private static final Pattern COMMAND =
      Pattern.compile(
          "(?:^|.*\\s)\\S*longcut-(client-agent|broker|upstream-agent)\\.jar\\s(?:.*\\s)?"
              + "--id[= ](\\S{1,64})(?:\\s.*)?");

  private static final int MAX_COMMAND = 64 << 10;

  /** Value of the column {@code st} in {@code /proc/net/tcp} for a socket that listens. */
  private static final String LISTENING = "0A";

  private static final int LOCAL_ADDRESS = 1;
  private static final int STATE = 3;
  private static final int INODE = 9;

  /** Returns the process that listens on a TCP port. */
  static Optional<LocalProcess> listeningOn(int port) {
    return listeningOn(port, Path.of("/proc"));
  }

  static Optional<LocalProcess> listeningOn(int port, Path proc) {
    try {
      Set<String> sockets = new HashSet<>();
      for (String table : new String[] {"net/tcp", "net/tcp6"}) {
        if (Files.isReadable(proc.resolve(table))) {
          addSockets(proc.resolve(table), port, sockets);
        }
      }
      return sockets.isEmpty() ? Optional.empty() : owner(proc, sockets);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static void addSockets(Path table, int port, Set<String> into) throws IOException {
    String suffix = ":%04X".formatted(port);
    for (String line : Files.readAllLines(table)) {
      String[] columns = line.strip().split("\\s+", -1);
      if (columns.length > INODE
          && columns[LOCAL_ADDRESS].endsWith(suffix)
          && columns[STATE].equals(LISTENING)) {
        into.add("socket:[" + columns[INODE] + ']');
      }
    }
  }

  private static Optional<LocalProcess> owner(Path proc, Set<String> sockets) throws IOException {
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[1-9]*")) {
      for (Path process : processes) {
        if (hasOpen(process.resolve("fd"), sockets)) {
          long pid = Long.parseLong(process.getFileName().toString());
          return Optional.of(new LocalProcess(nameOf(process), pid, isStopped(process)));
        }
      }
    }
    return Optional.empty();
  }

  private static boolean hasOpen(Path descriptors, Set<String> sockets) {
    try (DirectoryStream<Path> links = Files.newDirectoryStream(descriptors)) {
      for (Path link : links) {
        if (sockets.contains(Files.readSymbolicLink(link).toString())) {
          return true;
        }
      }
    } catch (IOException | RuntimeException e) {
      return false; // the process has ended, or belongs to another user
    }
    return false;
  }

  private static String nameOf(Path process) throws IOException {
    byte[] command;
    try (InputStream in = Files.newInputStream(process.resolve("cmdline"))) {
      command = in.readNBytes(MAX_COMMAND);
    }
    String line = new String(command, StandardCharsets.UTF_8).replace('\0', ' ');
    Matcher parts = COMMAND.matcher(line);
    return parts.matches() ? parts.group(1) + ' ' + parts.group(2) : "";
  }

  private static boolean isStopped(Path process) throws IOException {
    return Files.readAllLines(process.resolve("status")).stream()
        .anyMatch(line -> line.startsWith("State:\tT"));
  }
}
