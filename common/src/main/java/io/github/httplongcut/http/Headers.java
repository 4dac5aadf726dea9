package io.github.httplongcut.http;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * HTTP header fields. Names keep their spelling and the order of their first appearance; values
 * keep their order. Lookup ignores case (RFC 9110 section 5). Each char of a value is one byte
 * (ISO-8859-1). Immutable.
 */
public final class Headers {

  /**
   * One field name with all its values.
   *
   * @param name a token, spelled as received
   * @param values at least one, in order; each may be empty
   */
  public record Field(String name, List<String> values) {

    public Field {
      if (!isToken(name)) {
        throw new IllegalArgumentException("header name is not a token");
      }
      values = List.copyOf(values);
      for (String value : values) {
        requireValue(name, value);
      }
    }

    private static void requireValue(String name, String value) {
      for (int i = 0; i < value.length(); i++) {
        char c = value.charAt(i);
        if (c == '\r' || c == '\n' || c == 0 || c > 0xff) {
          throw new IllegalArgumentException(
              "a value of header '" + name + "' has a character that no field may have");
        }
      }
    }
  }

  /** No fields. */
  public static final Headers EMPTY = new Headers(List.of());

  /**
   * Bytes of memory for a name or a value besides its characters: those of the string's two objects
   * and, for a name, those of the field's objects too.
   */
  private static final int OVERHEAD = 64;

  private static final BitSet TOKEN = new BitSet();

  static {
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        .chars()
        .forEach(TOKEN::set);
  }

  private final List<Field> fields;

  private Headers(List<Field> fields) {
    this.fields = fields;
  }

  /** Returns headers with these fields. */
  public static Headers of(List<Field> fields) {
    return fields.isEmpty() ? EMPTY : new Headers(List.copyOf(fields));
  }

  /** Returns an empty builder. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns whether {@code text} is a token (RFC 9110 section 5.6.2). */
  public static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!TOKEN.get(text.charAt(i))) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /** Returns the fields in order, one for each name. */
  public List<Field> fields() {
    return fields;
  }

  /** Returns the values of {@code name} in order; empty if there are none. */
  public List<String> all(String name) {
    List<String> found = List.of();
    for (Field field : fields) {
      if (field.name.equalsIgnoreCase(name)) {
        if (!found.isEmpty()) {
          return ofAllSpellings(name);
        }
        found = field.values;
      }
    }
    return found;
  }

  private List<String> ofAllSpellings(String name) {
    return fields.stream()
        .filter(field -> field.name.equalsIgnoreCase(name))
        .flatMap(field -> field.values.stream())
        .toList();
  }

  /** Returns the first value of {@code name}. */
  public Optional<String> first(String name) {
    return all(name).stream().findFirst();
  }

  /** Returns whether there is a field {@code name}. */
  public boolean contains(String name) {
    return fields.stream().anyMatch(field -> field.name.equalsIgnoreCase(name));
  }

  /** Returns the number of values, each of which is one line of an HTTP message. */
  public int valueCount() {
    int count = 0;
    for (Field field : fields) {
      count += field.values.size();
    }
    return count;
  }

  /**
   * Returns the number of characters of all names and values. A name counts once for each of its
   * values.
   */
  public long chars() {
    long chars = 0;
    for (Field field : fields) {
      for (String value : field.values) {
        chars += field.name.length() + value.length();
      }
    }
    return chars;
  }

  /**
   * Returns the approximate memory in bytes: the characters, and {@value #OVERHEAD} bytes for each
   * name and each value. For many short fields the overhead is far larger than the characters.
   */
  public long footprint() {
    long footprint = 0;
    for (Field field : fields) {
      footprint += OVERHEAD + field.name.length();
      for (String value : field.values) {
        footprint += OVERHEAD + value.length();
      }
    }
    return footprint;
  }

  /** Returns headers without the fields whose lower-case name matches {@code dropped}. */
  public Headers without(Predicate<String> dropped) {
    List<Field> kept = new ArrayList<>(fields.size());
    for (Field field : fields) {
      if (!dropped.test(field.name.toLowerCase(Locale.ROOT))) {
        kept.add(field);
      }
    }
    return kept.size() == fields.size() ? this : of(kept);
  }

  /** Returns headers without the fields of these lower-case names. */
  public Headers without(Set<String> lowerCaseNames) {
    return without(lowerCaseNames::contains);
  }

  /** Returns headers with one more value of {@code name}, after its existing values. */
  public Headers plus(String name, String value) {
    List<Field> more = new ArrayList<>(fields);
    for (int i = more.size() - 1; i >= 0; i--) {
      Field field = more.get(i);
      if (field.name.equalsIgnoreCase(name)) {
        more.set(i, new Field(field.name, concat(field.values, List.of(value))));
        return of(more);
      }
    }
    more.add(new Field(name, List.of(value)));
    return of(more);
  }

  private static List<String> concat(List<String> first, List<String> second) {
    List<String> both = new ArrayList<>(first);
    both.addAll(second);
    return both;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Headers headers && fields.equals(headers.fields);
  }

  @Override
  public int hashCode() {
    return fields.hashCode();
  }

  /** Returns the names only, because values are never logged. */
  @Override
  public String toString() {
    return "Headers" + fields.stream().map(Field::name).toList();
  }

  /**
   * Collects fields. Values of the same name are merged under its first spelling. The time is
   * linear in the number of values, whatever the names.
   */
  public static final class Builder {

    /** Number of names up to which a linear scan is faster than hashing. */
    private static final int MAX_SCANNED = 24;

    private final List<String> names = new ArrayList<>();
    private final List<List<String>> values = new ArrayList<>();

    /** Index of each lower-case name; null while the names are few enough to scan. */
    private Map<String, Integer> index;

    private Builder() {}

    /** Adds one value. */
    public Builder add(String name, String value) {
      int known = index == null ? scan(name) : indexOrAdd(name);
      if (known >= 0) {
        values.get(known).add(value);
        return this;
      }
      names.add(name);
      values.add(new ArrayList<>(List.of(value)));
      if (index == null && names.size() > MAX_SCANNED) {
        index = new HashMap<>();
        names.forEach(this::indexOrAdd);
      }
      return this;
    }

    private int scan(String name) {
      for (int i = 0; i < names.size(); i++) {
        if (names.get(i).equalsIgnoreCase(name)) {
          return i;
        }
      }
      return -1;
    }

    /** Returns the index of the name, or -1 if the name is new; adds a new name to the index. */
    private int indexOrAdd(String name) {
      Integer known = index.putIfAbsent(name.toLowerCase(Locale.ROOT), index.size());
      return known == null ? -1 : known;
    }

    /**
     * Returns headers with the collected fields.
     *
     * @throws IllegalArgumentException if a name is not a token, or a value contains CR, LF, NUL or
     *     a char over 255
     */
    public Headers build() {
      List<Field> fields = new ArrayList<>(names.size());
      for (int i = 0; i < names.size(); i++) {
        fields.add(new Field(names.get(i), values.get(i)));
      }
      return of(fields);
    }
  }
}
