package io.github.httplongcut.config;

import com.typesafe.config.ConfigOrigin;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Collects what is wrong, so that one start shows all of it. One thread. */
final class Problems {

  /** A set: a wrong default is wrong for each target that takes it, and said once. */
  private final Set<String> lines = new LinkedHashSet<>();

  private boolean wrongValues;

  /** Notes a value that is missing or cannot be read: something harmless stands for it. */
  void addWrongValue(String path, String what, ConfigOrigin origin) {
    wrongValues = true;
    add(path, what, origin);
  }

  /** Whether comparing one value with another makes no sense any more. */
  boolean hasWrongValues() {
    return wrongValues;
  }

  void add(String path, String what, ConfigOrigin origin) {
    lines.add(Secret.hiddenInSentence(path) + ": " + what + " (" + place(origin) + ")");
  }

  /**
   * @throws InvalidConfigException if there are any
   */
  void throwIfAny() {
    if (!lines.isEmpty()) {
      throw new InvalidConfigException(List.copyOf(lines));
    }
  }

  private static String place(ConfigOrigin origin) {
    boolean inFile = origin.filename() != null && origin.lineNumber() > 0;
    return inFile ? origin.filename() + ':' + origin.lineNumber() : origin.description();
  }
}
