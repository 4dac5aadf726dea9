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
 * Section of the configuration that a config record reads.
 *
 * <ul>
 *   <li>All problems are reported together: a getter records a missing or invalid value and returns
 *       a substitute, and {@link #read} throws at the end.
 *   <li>Reading a key declares it. A key that no getter has read is reported as unknown.
 *   <li>Defaults are in {@code reference.conf} only.
 * </ul>
 *
 * <p>Not thread-safe.
 */
public final class Settings {

  /** Root section of all settings. */
  public static final String ROOT = "longcut";

  private final ConfigObject object;
  private final String path;
  private final Optional<Settings> defaults;
  private final Problems problems;

  private final Set<String> declared = new TreeSet<>();
  private final Map<String, Settings> sections = new HashMap<>();
  private final List<Settings> children = new ArrayList<>();

  /**
   * True if no key of this section is reported as unknown: the keys are names that the user has
   * chosen, or these are the defaults of items and there is no item for which a getter reads them,
   * or only a part of the section is read.
   */
  private boolean anyKeyIsKnown;

  private Settings(
      ConfigObject object, String path, Optional<Settings> defaults, Problems problems) {
    this.object = object;
    this.path = path;
    this.defaults = defaults;
    this.problems = problems;
  }

  /**
   * Reads a config record from the section {@code longcut}.
   *
   * @param config resolved, including the defaults
   * @param reader creates the record; its result is returned only if there is no problem
   * @throws InvalidConfigException if there is any problem
   */
  public static <C> C read(Config config, Function<Settings, C> reader) {
    Problems problems = new Problems();
    noteStrayRoots(config, problems);
    Settings root = new Settings(config.getConfig(ROOT).root(), ROOT, Optional.empty(), problems);
    // Several processes may share a config file: each checks only its own role's section.
    for (Role role : Role.values()) {
      root.declared.add(role.key());
    }
    C result = reader.apply(root);
    root.noteUnknownKeys();
    problems.throwIfAny();
    return result;
  }

  /** Returns the section {@code key}, which is empty if the key is missing. */
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
   * Returns the section {@code key}, of which the caller reads only a part: its other keys are not
   * reported as unknown.
   */
  public Settings partOfSection(String key) {
    Settings section = section(key);
    section.anyKeyIsKnown = true;
    return section;
  }

  /**
   * Returns the sections of a list.
   *
   * @param itemDefaults values for the keys that an element does not set
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
   * Returns the sections that the user has named, in the order of their names.
   *
   * @param itemDefaults values for the keys that a section does not set
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

  /** Returns a string that is not blank. */
  public String text(String key) {
    return value(key, "a string", Values::text, "");
  }

  /** Returns a list of strings, given as a list or as one string with commas. */
  public List<String> texts(String key) {
    return value(key, "a list of strings: [ \"…\", … ]", Values::texts, List.of());
  }

  /**
   * Returns the strings of a section whose keys the user has chosen. A key may have dots, and may
   * be quoted or not: {@code "a.b" = x} and {@code a.b = x} are the same.
   */
  public Map<String, String> pairs(String key) {
    Settings section = section(key);
    section.anyKeyIsKnown = true;
    Map<String, String> result = new TreeMap<>();
    for (Map.Entry<String, ConfigValue> entry : section.object.toConfig().entrySet()) {
      String name = String.join(".", ConfigUtil.splitPath(entry.getKey()));
      try {
        result.put(name, Values.text(entry.getValue()));
      } catch (ConfigException | IllegalArgumentException e) {
        section.noteWrong(name, "a string", entry.getValue());
      }
    }
    return result;
  }

  /** Returns a name (docs/protocol.md section 1). */
  public String name(String key) {
    return parsed(key, "a name of " + Names.FORM, name -> Names.require(key, name), "");
  }

  /** Returns a name (docs/protocol.md section 1), or empty if the key is not set. */
  public Optional<String> optionalName(String key) {
    return optional(key, () -> name(key));
  }

  /** Returns a whole number of at least 1. */
  public int count(String key) {
    return value(
        key,
        "a whole number of at least 1",
        value -> Values.integer(value, 1, Integer.MAX_VALUE),
        1);
  }

  /**
   * Returns a whole number of at least 1.
   *
   * @param most largest valid number
   * @param why reason for the limit, for the error message
   */
  public int count(String key, int most, String why) {
    return value(
        key,
        "a whole number from 1 to " + most + ": " + why,
        value -> Values.integer(value, 1, most),
        1);
  }

  /** Returns a fraction: above 0 and at most 1. */
  public double fraction(String key) {
    return value(key, "a number above 0 and at most 1, such as 0.5", Values::fraction, 1.0);
  }

  /** Returns a TCP port to listen on; 0 picks a free port. */
  public int port(String key) {
    return value(
        key,
        "a port from 1 to 65535, or 0 for any free port",
        value -> Values.integer(value, 0, 65_535),
        0);
  }

  /** Returns a duration from 1 ms to a day. */
  public Duration duration(String key) {
    return value(
        key,
        "a duration with its unit, such as 250ms, 5s or 1m, at most a day",
        value -> Values.duration(value, WireLimits.TTL),
        Duration.ZERO);
  }

  /**
   * Returns a duration of at least 1 ms.
   *
   * @param most longest valid duration, in whole seconds
   * @param why reason for the limit, for the error message
   */
  public Duration duration(String key, Duration most, String why) {
    return value(
        key,
        "a duration with its unit, such as 250ms or 5s, at most " + most.toSeconds() + "s: " + why,
        value -> Values.duration(value, most),
        Duration.ZERO);
  }

  /** Returns a size of at least 1 byte. */
  public long bytes(String key) {
    return value(
        key, "a size such as 64 KiB or 1 MiB", value -> Values.bytes(value, Long.MAX_VALUE), 0L);
  }

  /**
   * Returns a size of at least 1 byte.
   *
   * @param most largest valid size, in whole KiB
   * @param why reason for the limit, for the error message
   */
  public long bytes(String key, long most, String why) {
    return value(
        key,
        "a size such as 64 KiB, at most " + (most >> 10) + " KiB: " + why,
        value -> Values.bytes(value, most),
        0L);
  }

  /** Returns a limit for bodies, at most {@link WireLimits#BODY_BYTES}. */
  public long bodyLimit(String key) {
    return value(
        key,
        "a size such as 1 MiB, at most 4 MiB: the receivers discard a message with a larger body",
        value -> Values.bytes(value, WireLimits.BODY_BYTES),
        0L);
  }

  /** Returns a boolean. */
  public boolean flag(String key) {
    return value(key, "true or false", Values::flag, false);
  }

  /**
   * Returns a constant of an enum; the setting is its name in lower case with {@code -} for {@code
   * _}.
   */
  public <E extends Enum<E>> E oneOf(String key, Class<E> type) {
    return value(
        key, Values.namesOf(type), value -> Values.oneOf(value, type), type.getEnumConstants()[0]);
  }

  /** Returns a readable file, or empty if the key is not set. */
  public Optional<Path> optionalFile(String key) {
    return optional(key, () -> value(key, "a readable file", Values::file, Path.of("")));
  }

  /** Returns the result of {@code reader} if {@code key} is set, else empty. */
  public <T> Optional<T> optional(String key, Supplier<T> reader) {
    return find(key).map(found -> reader.get());
  }

  /**
   * Returns a string that {@code parser} has converted.
   *
   * @param expected description of valid strings, for the error message
   * @param parser throws {@link IllegalArgumentException} for an invalid string
   * @param substitute returned for a missing or invalid string
   */
  public <T> T parsed(String key, String expected, Function<String, T> parser, T substitute) {
    return value(key, expected, value -> parser.apply(Values.text(value)), substitute);
  }

  /**
   * Records, unless {@code holds}, that the value of {@code key} conflicts with another value. Does
   * nothing if any value is a substitute.
   */
  public void require(boolean holds, String key, String expected) {
    if (!holds && !problems.hasWrongValues()) {
      refuse(key, "expected " + expected);
    }
  }

  /** Records a problem with {@code key}, without showing its value. */
  public void refuse(String key, String what) {
    Optional<LocatedValue> found = find(key);
    problems.add(
        found.map(it -> it.section.at(key)).orElseGet(() -> at(key)),
        what,
        found.map(it -> it.value.origin()).orElseGet(object::origin));
  }

  private <T> T value(String key, String expected, Function<ConfigValue, T> parser, T substitute) {
    Optional<LocatedValue> found = find(key);
    if (found.isEmpty()) {
      problems.addWrongValue(at(key), "missing, expected " + expected, object.origin());
      return substitute;
    }
    try {
      return parser.apply(found.get().value);
    } catch (ConfigException | IllegalArgumentException | ClassCastException e) {
      found.get().section.noteWrong(key, expected, found.get().value);
      return substitute;
    }
  }

  private record LocatedValue(Settings section, ConfigValue value) {}

  private Optional<LocatedValue> find(String key) {
    declared.add(key);
    Optional<LocatedValue> byDefault = defaults.flatMap(section -> section.find(key));
    ConfigValue own = object.get(key);
    return own == null || own.valueType() == ConfigValueType.NULL
        ? byDefault
        : Optional.of(new LocatedValue(this, own));
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
                    "unknown key; all settings are in the section " + ROOT,
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
                  .orElseGet(() -> "known keys: " + String.join(", ", declared));
          problems.add(at(key), "unknown key; " + hint, entry.getValue().origin());
        }
      }
    }
    children.forEach(Settings::noteUnknownKeys);
  }
}
