package io.github.httplongcut.config;

import java.util.List;

/** Reports all invalid settings at once. */
public final class InvalidConfigException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param problems one line each: path, expected value, actual value, place
   */
  InvalidConfigException(List<String> problems) {
    super(String.join("\n", problems));
  }
}
