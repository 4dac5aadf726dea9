package io.github.httplongcut.config;

/** A password: no log line, error or {@code --check-config} shows it. */
public record Secret(String value) {

  /** What stands wherever a secret would. */
  static final String HIDDEN = "***";

  /** Hides the value. */
  @Override
  public String toString() {
    return HIDDEN;
  }
}
