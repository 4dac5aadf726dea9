package io.github.httplongcut.cli.diag;

import io.github.httplongcut.cli.sources.TextEnd;

/**
 * File for the archive, or the reason why it is missing.
 *
 * @param name path in the archive
 * @param state completeness
 * @param text the content; empty if it is missing
 * @param why reason why the file is missing or was cut; otherwise empty
 */
record Part(String name, State state, String text, String why) {

  /** Completeness of a part. */
  enum State {
    COMPLETE,
    CUT,
    MISSING
  }

  /** End of a text that is kept if the text is too long. */
  enum Keep {
    BEGINNING,
    /** The end, as of a log. */
    END
  }

  /** Maximum number of characters of a part. */
  static final int MAX_CHARS = 1 << 20;

  /** Creates a part, which is cut if its text is too long. */
  static Part of(String name, String text, Keep keep) {
    if (text.length() <= MAX_CHARS) {
      return new Part(name, State.COMPLETE, text, "");
    }
    String why = "cut: %,d of %,d characters".formatted(MAX_CHARS, text.length());
    String kept =
        switch (keep) {
          case BEGINNING -> text.substring(0, MAX_CHARS) + "\n[" + why + "]\n";
          case END -> "[" + why + "]\n" + text.substring(text.length() - MAX_CHARS);
        };
    return new Part(name, State.CUT, kept, why);
  }

  /** Creates a part of the end of a text. */
  static Part ofEnd(String name, TextEnd end) {
    if (end.omitted() == 0) {
      return of(name, end.text(), Keep.END);
    }
    String why = "cut: without the first %,d bytes".formatted(end.omitted());
    return new Part(name, State.CUT, "[" + why + "]\n" + end.text(), why);
  }

  static Part missing(String name, String why) {
    return new Part(name, State.MISSING, "", why);
  }
}
