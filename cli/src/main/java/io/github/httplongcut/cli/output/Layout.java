package io.github.httplongcut.cli.output;

/**
 * Room for the output.
 *
 * @param columns width of the screen; {@link #UNLIMITED} if the output is no screen
 * @param rows height of the screen; {@link #UNLIMITED} if the output is no screen
 */
public record Layout(Colours colours, int columns, int rows) {

  /** Size of a file or a pipe. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  /** Returns the layout of a file or a pipe. */
  public static Layout ofPipe() {
    return new Layout(Colours.HIDDEN, UNLIMITED, UNLIMITED);
  }

  /** Returns whether the output is a screen. */
  public boolean isScreen() {
    return rows != UNLIMITED;
  }
}
