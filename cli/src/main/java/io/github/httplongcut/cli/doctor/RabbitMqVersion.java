package io.github.httplongcut.cli.doctor;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Major and minor version of a RabbitMQ. */
record RabbitMqVersion(int major, int minor) implements Comparable<RabbitMqVersion> {

  private static final Pattern FORM = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(\\..*)?");

  private static final Comparator<RabbitMqVersion> ORDER =
      Comparator.comparingInt(RabbitMqVersion::major).thenComparingInt(RabbitMqVersion::minor);

  /** Reads a version such as {@code 3.10.8}; empty if it has another form. */
  static Optional<RabbitMqVersion> of(String text) {
    Matcher parts = FORM.matcher(text);
    return parts.matches()
        ? Optional.of(
            new RabbitMqVersion(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2))))
        : Optional.empty();
  }

  @Override
  public int compareTo(RabbitMqVersion other) {
    return ORDER.compare(this, other);
  }
}
