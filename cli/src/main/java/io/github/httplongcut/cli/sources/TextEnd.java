package io.github.httplongcut.cli.sources;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;

/**
 * End of a text.
 *
 * @param text the last lines, or all of them
 * @param omitted number of bytes before them
 */
public record TextEnd(String text, long omitted) {

  private static final int CHUNK = 64 << 10;

  /**
   * Reads a text to its end, and keeps no more than the last bytes. Omits an incomplete first line:
   * half a password is not recognized as one.
   *
   * @param maxKept bytes that are kept
   * @param maxRead bytes that are read
   * @throws IOException also if the text is longer than {@code maxRead}
   */
  static TextEnd read(InputStream in, int maxKept, long maxRead) throws IOException {
    byte[] ring = new byte[maxKept];
    byte[] chunk = new byte[CHUNK];
    long length = 0;
    for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
      for (int i = 0; i < read; i++) {
        ring[(int) ((length + i) % maxKept)] = chunk[i];
      }
      length += read;
      if (length > maxRead) {
        throw new IOException("the answer has more than " + (maxRead >> 20) + " MiB");
      }
    }
    if (length <= maxKept) {
      return new TextEnd(new String(ring, 0, (int) length, UTF_8), 0);
    }
    byte[] end = new byte[maxKept];
    int start = (int) (length % maxKept);
    System.arraycopy(ring, start, end, 0, maxKept - start);
    System.arraycopy(ring, 0, end, maxKept - start, start);
    return ofIncomplete(end, length - maxKept);
  }

  /**
   * Returns the end of a text without its incomplete first line.
   *
   * @param omitted bytes before the end, at least one
   */
  public static TextEnd ofIncomplete(byte[] end, long omitted) {
    int line = 0;
    while (line < end.length && end[line] != '\n') {
      line++;
    }
    int start = Math.min(end.length, line + 1);
    return new TextEnd(new String(end, start, end.length - start, UTF_8), omitted + start);
  }
}
