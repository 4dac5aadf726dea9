package io.github.httplongcut.cli.diag;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.httplongcut.cli.sources.TextEnd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Reads the end of a log file. */
final class LogFile {

  /** Maximum number of bytes: some thousand lines. */
  static final int MAX_BYTES = 256 << 10;

  private LogFile() {}

  /** Returns the last lines, {@value #MAX_BYTES} bytes at most. */
  static TextEnd end(Path file) throws IOException {
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      long omitted = Math.max(0, channel.size() - MAX_BYTES);
      channel.position(omitted);
      ByteBuffer end = ByteBuffer.allocate(MAX_BYTES);
      int read = 0;
      while (read >= 0 && end.hasRemaining()) {
        read = channel.read(end);
      }
      byte[] bytes = Arrays.copyOf(end.array(), end.position());
      return omitted == 0
          ? new TextEnd(new String(bytes, UTF_8), 0)
          : TextEnd.ofIncomplete(bytes, omitted);
    }
  }
}
