package io.github.httplongcut.config;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Parses single values, more strictly than the config library. Each method throws a {@code
 * ConfigException} or an {@link IllegalArgumentException} for an invalid value.
 */
final class Values {

  private static final Pattern BARE_NUMBER = Pattern.compile("\\s*[+-]?[0-9.]+\\s*");

  private Values() {}

  static String text(ConfigValue value) {
    String text = value.atKey("it").getString("it");
    check(!text.isBlank());
    return text;
  }

  /**
   * Returns the strings of a list, or of one string with commas, as in a flag or an environment
   * variable.
   */
  static List<String> texts(ConfigValue value) {
    if (value instanceof ConfigList list) {
      return list.stream().map(Values::text).toList();
    }
    return Arrays.stream(text(value).split(",", -1)).map(String::strip).toList();
  }

  static int integer(ConfigValue value, int min, int max) {
    int number = Integer.parseInt(text(value));
    check(number >= min && number <= max);
    return number;
  }

  static double fraction(ConfigValue value) {
    double number = Double.parseDouble(text(value));
    check(number > 0 && number <= 1); // false for NaN
    return number;
  }

  /**
   * Requires a unit: the config library reads a bare number as milliseconds, most people as
   * seconds.
   */
  static Duration duration(ConfigValue value, Duration longest) {
    check(!BARE_NUMBER.matcher(text(value)).matches());
    Duration duration = value.atKey("it").getDuration("it");
    check(duration.compareTo(Duration.ofMillis(1)) >= 0 && duration.compareTo(longest) <= 0);
    return duration;
  }

  static long bytes(ConfigValue value, long max) {
    long bytes = value.atKey("it").getBytes("it");
    check(bytes > 0 && bytes <= max);
    return bytes;
  }

  static boolean flag(ConfigValue value) {
    return switch (text(value)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException();
    };
  }

  static Path file(ConfigValue value) {
    Path file = Path.of(text(value));
    check(Files.isRegularFile(file) && Files.isReadable(file));
    return file;
  }

  static <E extends Enum<E>> E oneOf(ConfigValue value, Class<E> type) {
    String text = text(value);
    return Stream.of(type.getEnumConstants())
        .filter(constant -> keyOf(constant).equals(text))
        .findFirst()
        .orElseThrow(IllegalArgumentException::new);
  }

  /** Returns the valid values for an error message: {@code replace | append | off}. */
  static String namesOf(Class<? extends Enum<?>> type) {
    return Stream.of(type.getEnumConstants()).map(Values::keyOf).collect(Collectors.joining(" | "));
  }

  /** Returns the value as an error message shows it. */
  static String shown(ConfigValue value) {
    if (value.valueType() == ConfigValueType.OBJECT) {
      return "a section";
    }
    if (value.valueType() == ConfigValueType.LIST) {
      return "a list";
    }
    return '"' + Secret.hiddenIn(String.valueOf(value.unwrapped())) + '"';
  }

  private static String keyOf(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static void check(boolean holds) {
    if (!holds) {
      throw new IllegalArgumentException();
    }
  }
}
