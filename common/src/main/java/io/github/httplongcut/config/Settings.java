package io.github.httplongcut.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.github.httplongcut.protocol.Names;
import io.github.httplongcut.protocol.WireLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One section of the configuration while a record reads it.
 *
 * <p>A value that is missing or wrong is noted, and a harmless one stands for it, so that all
 * problems are found in one go; {@link #read} then throws instead of giving the record out. To read
 * a key is to declare it: whatever is in a section and was not read is an unknown key. Defaults are
 * in {@code reference.conf} and nowhere else. One thread.
 */
public final class Settings {

  /** The root of everything. */
  static final String ROOT = "longcut";

  private final ConfigObject object;
  private final String path;
  private final Optional<Settings> defaults;
  private final Problems problems;

  private final Set<String> declared = new TreeSet<>();
  private final Map<String, Settings> sections = new HashMap<>();
  private final List<Settings> children = new ArrayList<>();
  private boolean anyKeyIsKnown;

  private Settings(
      ConfigObject object, String path, Optional<Settings> defaults, Problems problems) {
    this.object = object;
    this.path = path;
    this.defaults = defaults;
    this.problems = problems;
  }

  /**
   * Reads a record from {@code longcut}.
   *
   * @param config resolved, with the defaults in it
   * @param reader reads the record, which is given out only if nothing was wrong
   * @throws InvalidConfigException if anything was
   */
  static <C> C read(Config config, Function<Settings, C> reader) {
    Problems problems = new Problems();
    noteStrayRoots(config, problems);
    Settings root = new Settings(config.getConfig(ROOT).root(), ROOT, Optional.empty(), problems);
    // One file may serve several processes: each judges its own part of it.
    for (Role role : Role.values()) {
      root.declared.add(role.key());
    }
    C result = reader.apply(root);
    root.noteUnknownKeys();
    problems.throwIfAny();
    return result;
  }

  /** The section {@code key}; an empty one if it is missing. */
  public Settings section(String key) {
    Settings known = sections.get(key);
    if (known != null) {
      return known;
    }
    Optional<Settings> itsDefaults = defaults.map(section -> section.section(key));
    ConfigObject found = ConfigFactory.empty().root();
    ConfigValue value = object.get(key);
    if (value instanceof ConfigObject section) {
      found = section;
    } else if (value != null) {
      noteWrong(key, "a section: { … }", value);
    }
    Settings section = child(found, at(key), itsDefaults);
    declared.add(key);
    sections.put(key, section);
    return section;
  }

  /**
   * A list of sections.
   *
   * @param itemDefaults what an element does not say
   */
  public List<Settings> list(String key, Settings itemDefaults) {
    List<Settings> result = new ArrayList<>();
    ConfigList list = value(key, "a list of sections: [ { … }, … ]", ConfigList.class::cast, null);
    if (list != null) {
      for (ConfigValue element : list) {
        String itsPath = at(key) + '[' + result.size() + ']';
        if (element instanceof ConfigObject section) {
          result.add(child(section, itsPath, Optional.of(itemDefaults)));
        } else {
          problems.addWrongValue(itsPath, expected("a section: { … }", element), element.origin());
        }
      }
    }
    itemDefaults.anyKeyIsKnown = result.isEmpty();
    return result;
  }

  /**
   * Sections under names that the user gives, in the order of the names.
   *
   * @param itemDefaults what a section does not say
   */
  public Map<String, Settings> named(String key, Settings itemDefaults) {
    Settings parent = section(key);
    parent.anyKeyIsKnown = true;
    Map<String, Settings> result = new TreeMap<>();
    for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(parent.object).entrySet()) {
      String name = entry.getKey();
      ConfigValue value = entry.getValue();
      if (!Names.isName(name)) {
        problems.addWrongValue(parent.at(name), "expected a name of " + Names.FORM, value.origin());
      } else if (value instanceof ConfigObject section) {
        result.put(name, parent.child(section, parent.at(name), Optional.of(itemDefaults)));
      } else {
        parent.noteWrong(name, "a section: { … }", value);
      }
    }
    itemDefaults.anyKeyIsKnown = result.isEmpty();
    return result;
  }

  /** A text. */
  public String text(String key) {
    return value(key, "a text", Values::text, "");
  }

  /** A list of texts; one text with commas will do. */
  public List<String> texts(String key) {
    return value(key, "a list of texts: [ \"…\", … ]", Values::texts, List.of());
  }

  /** A name (docs/protocol.md section 1). */
  public String name(String key) {
    return parsed(key, "a name of " + Names.FORM, name -> Names.require(key, name), "");
  }

  /** A name (docs/protocol.md section 1), or nothing. */
  public Optional<String> optionalName(String key) {
    return optional(key, () -> name(key));
  }

  /** A whole number from 1. */
  public int count(String key) {
    return value(
        key, "a whole number from 1", value -> Values.integer(value, 1, Integer.MAX_VALUE), 1);
  }

  /**
   * A whole number from 1.
   *
   * @param most the largest
   * @param why it is not larger, in words
   */
  public int count(String key, int most, String why) {
    return value(
        key,
        "a whole number from 1 to " + most + ": " + why,
        value -> Values.integer(value, 1, most),
        1);
  }

  /** A part of something: above 0 and at most 1. */
  public double part(String key) {
    return value(key, "a number above 0 and at most 1, such as 0.5", Values::part, 1.0);
  }

  /** A TCP port to listen on; 0 is any free one. */
  public int port(String key) {
    return value(
        key,
        "a port from 1 to 65535, or 0 for any free one",
        value -> Values.integer(value, 0, 65_535),
        0);
  }

  /** A duration from 1 ms to a day. */
  public Duration duration(String key) {
    return value(
        key,
        "a duration with its unit, such as 250ms, 5s or 1m, at most a day",
        value -> Values.duration(value, WireLimits.TTL),
        Duration.ZERO);
  }

  /**
   * A duration from 1 ms.
   *
   * @param most the longest, whole seconds
   * @param why it is not longer, in words
   */
  public Duration duration(String key, Duration most, String why) {
    return value(
        key,
        "a duration with its unit, such as 250ms or 5s, at most " + most.toSeconds() + "s: " + why,
        value -> Values.duration(value, most),
        Duration.ZERO);
  }

  /** A size in bytes, at least 1. */
  public long bytes(String key) {
    return value(
        key, "a size such as 64 KiB or 1 MiB", value -> Values.bytes(value, Long.MAX_VALUE), 0L);
  }

  /**
   * A size in bytes, at least 1.
   *
   * @param most the largest, whole KiB
   * @param why it is not larger, in words
   */
  public long bytes(String key, long most, String why) {
    return value(
        key,
        "a size such as 64 KiB, at most " + (most >> 10) + " KiB: " + why,
        value -> Values.bytes(value, most),
        0L);
  }

  /** The limit of a body: no more than {@link WireLimits#BODY_BYTES}. */
  public long bodyLimit(String key) {
    return value(
        key,
        "a size such as 1 MiB, at most 4 MiB: RabbitMQ takes no larger message",
        value -> Values.bytes(value, WireLimits.BODY_BYTES),
        0L);
  }

  /** Yes or no. */
  public boolean flag(String key) {
    return value(key, "true or false", Values::flag, false);
  }

  /** One constant of an enum, in lower case with {@code -}. */
  public <E extends Enum<E>> E oneOf(String key, Class<E> type) {
    return value(
        key, Values.namesOf(type), value -> Values.oneOf(value, type), type.getEnumConstants()[0]);
  }

  /** A file that can be read, or nothing. */
  public Optional<Path> optionalFile(String key) {
    return optional(key, () -> value(key, "a file that can be read", Values::file, Path.of("")));
  }

  /** What {@code reader} reads if {@code key} is set. */
  public <T> Optional<T> optional(String key, Supplier<T> reader) {
    return find(key).map(found -> reader.get());
  }

  /**
   * A text of some form.
   *
   * @param expected the form in words
   * @param parser throws {@link IllegalArgumentException} for a text that has it not
   * @param harmless what to go on with then
   */
  public <T> T parsed(String key, String expected, Function<String, T> parser, T harmless) {
    return value(key, expected, value -> parser.apply(Values.text(value)), harmless);
  }

  /** Notes that {@code key}'s value does not go with another, unless values are wrong anyway. */
  public void require(boolean holds, String key, String expected) {
    if (!holds && !problems.hasWrongValues()) {
      refuse(key, "expected " + expected);
    }
  }

  /** Notes what is wrong with {@code key}, in words that do not show its value. */
  public void refuse(String key, String what) {
    Optional<Found> found = find(key);
    problems.add(
        found.map(it -> it.in.at(key)).orElseGet(() -> at(key)),
        what,
        found.map(it -> it.value.origin()).orElseGet(object::origin));
  }

  private <T> T value(String key, String expected, Function<ConfigValue, T> parser, T harmless) {
    Optional<Found> found = find(key);
    if (found.isEmpty()) {
      problems.addWrongValue(at(key), "missing, expected " + expected, object.origin());
      return harmless;
    }
    try {
      return parser.apply(found.get().value);
    } catch (ConfigException | IllegalArgumentException | ClassCastException e) {
      found.get().in.noteWrong(key, expected, found.get().value);
      return harmless;
    }
  }

  private record Found(Settings in, ConfigValue value) {}

  private Optional<Found> find(String key) {
    declared.add(key);
    Optional<Found> byDefault = defaults.flatMap(section -> section.find(key));
    ConfigValue own = object.get(key);
    return own == null || own.valueType() == ConfigValueType.NULL
        ? byDefault
        : Optional.of(new Found(this, own));
  }

  private Settings child(ConfigObject section, String itsPath, Optional<Settings> itsDefaults) {
    Settings child = new Settings(section, itsPath, itsDefaults, problems);
    children.add(child);
    return child;
  }

  private String at(String key) {
    return path + '.' + ConfigUtil.joinPath(key);
  }

  private void noteWrong(String key, String expected, ConfigValue value) {
    problems.addWrongValue(at(key), expected(expected, value), value.origin());
  }

  private static String expected(String expected, ConfigValue value) {
    return "expected " + expected + ", found " + Values.shown(value);
  }

  private static void noteStrayRoots(Config config, Problems problems) {
    new TreeMap<>(config.root())
        .forEach(
            (key, value) -> {
              if (!key.equals(ROOT)) {
                problems.add(
                    ConfigUtil.joinPath(key),
                    "unknown key, every setting is in the section " + ROOT,
                    value.origin());
              }
            });
  }

  private void noteUnknownKeys() {
    if (!anyKeyIsKnown) {
      for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(object).entrySet()) {
        String key = entry.getKey();
        if (!declared.contains(key)) {
          String hint =
              Spelling.nearest(key, declared)
                  .map(nearest -> "did you mean " + at(nearest) + "?")
                  .orElseGet(() -> "known are " + String.join(", ", declared));
          problems.add(at(key), "unknown key, " + hint, entry.getValue().origin());
        }
      }
    }
    children.forEach(Settings::noteUnknownKeys);
  }
}
