package io.github.httplongcut.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Suggests a known key for a misspelled one. */
final class Spelling {

  private Spelling() {}

  /**
   * Returns the candidate nearest to {@code word}; empty if all of them differ in more than one
   * letter and in more than a third of the letters.
   */
  static Optional<String> nearest(String word, Collection<String> candidates) {
    int tolerated = Math.max(1, word.length() / 3);
    return candidates.stream()
        .sorted()
        .min(Comparator.comparingInt(candidate -> distance(word, candidate)))
        .filter(candidate -> distance(word, candidate) <= tolerated);
  }

  /** Returns the Levenshtein distance: insertions, deletions and replacements of one letter. */
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return previous[b.length()];
  }
}
