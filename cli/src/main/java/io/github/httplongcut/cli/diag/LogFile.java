package io.github.httplongcut.cli.diag;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the end of a log file. */
final class LogFile {

  /** Maximum number of bytes: some thousand lines. */
  static final int MAX_BYTES = 256 << 10;

  private LogFile() {}

  /** Returns the last lines, {@value #MAX_BYTES} bytes at most. The first may be incomplete. */
  static String end(Path file) throws IOException {
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      channel.position(Math.max(0, channel.size() - MAX_BYTES));
      ByteBuffer end = ByteBuffer.allocate(MAX_BYTES);
      int read = 0;
      while (read >= 0 && end.hasRemaining()) {
        read = channel.read(end);
      }
      return new String(end.array(), 0, end.position(), UTF_8);
    }
  }
}
