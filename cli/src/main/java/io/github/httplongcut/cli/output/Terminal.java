package io.github.httplongcut.cli.output;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.ProcessBuilder.Redirect;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Standard output and standard error in UTF-8, whatever the locale of the terminal. */
public final class Terminal {

  private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,4}) ([1-9][0-9]{0,4})\\s*");
  private static final long SIZE_TIMEOUT_MS = 500;

  private Terminal() {}

  /** Returns a writer to standard output, which flushes after each line. */
  public static PrintWriter out() {
    return writer(FileDescriptor.out);
  }

  /** Returns a writer to standard error, which flushes after each line. */
  public static PrintWriter err() {
    return writer(FileDescriptor.err);
  }

  private static PrintWriter writer(FileDescriptor descriptor) {
    return new PrintWriter(new FileOutputStream(descriptor), true, UTF_8);
  }

  /** Returns the layout of standard output: the size of the terminal now, if it is one. */
  public static Layout layout() {
    Matcher size = SIZE.matcher(size());
    return size.matches()
        ? new Layout(
            Colours.ofTerminal(), Integer.parseInt(size.group(2)), Integer.parseInt(size.group(1)))
        : Layout.ofPipe();
  }

  /** Asks the shell, because Java does not know the size of a terminal. */
  private static String size() {
    try {
      Process shell =
          new ProcessBuilder("sh", "-c", "test -t 1 && stty size </dev/tty >&2")
              .redirectOutput(Redirect.INHERIT)
              .start();
      try {
        if (!shell.waitFor(SIZE_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
          return "";
        }
        return new String(shell.getErrorStream().readNBytes(20), UTF_8);
      } finally {
        shell.destroyForcibly();
      }
    } catch (IOException e) {
      return ""; // there is no shell
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
