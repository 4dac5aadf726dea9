package io.github.httplongcut.config;

import com.typesafe.config.ConfigOrigin;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Collects invalid settings, so that one start reports all of them. Not thread-safe. */
final class Problems {

  /** A set, because an invalid default is found once for each target that uses it. */
  private final Set<String> lines = new LinkedHashSet<>();

  private boolean wrongValues;

  /** Adds a problem with a missing or unreadable value; the caller substitutes a valid value. */
  void addWrongValue(String path, String what, ConfigOrigin origin) {
    wrongValues = true;
    add(path, what, origin);
  }

  /**
   * Returns whether a value was substituted: then comparing values with each other is pointless.
   */
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
