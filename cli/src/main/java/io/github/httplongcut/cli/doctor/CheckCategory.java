package io.github.httplongcut.cli.doctor;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Categories of checks, in the order in which the doctor prints them. */
enum CheckCategory {
  CONFIG,
  NETWORK,
  TLS,
  RABBITMQ,
  TOPOLOGY,
  PERMISSIONS,
  TARGETS,
  RELAY,
  /** The checklist before production, in docs/security.md. A trial fails it. */
  PRODUCTION;

  /** Returns the categories that a run without options checks. */
  static Set<CheckCategory> usual() {
    return EnumSet.complementOf(EnumSet.of(PRODUCTION));
  }

  /** Returns the name for {@code --only} and for ids: {@code rabbitmq}. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads a category of the command line. */
  static final class Converter implements ITypeConverter<CheckCategory> {
    @Override
    public CheckCategory convert(String text) {
      return Arrays.stream(values())
          .filter(category -> category.key().equals(text))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "expected one of %s, found '%s'"
                          .formatted(
                              Arrays.stream(values())
                                  .map(CheckCategory::key)
                                  .collect(Collectors.joining(", ")),
                              text)));
    }
  }
}
