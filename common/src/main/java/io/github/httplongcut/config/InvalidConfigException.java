package io.github.httplongcut.config;

import java.util.List;

/** Everything that is wrong with the settings, found in one go. */
public final class InvalidConfigException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param problems one line each: path, what was expected, what was found, where
   */
  InvalidConfigException(List<String> problems) {
    super(String.join("\n", problems));
  }
}
