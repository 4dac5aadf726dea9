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
 * HTTP fields: names as received and in the order of their first appearance, values in order, found
 * without regard to case (RFC 9110 section 5). A value's chars are its bytes (ISO-8859-1).
 * Immutable.
 */
public final class Headers {

  /**
   * One field name with all its values.
   *
   * @param name a token, as received
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
   * Bytes of memory that a name or a value takes up besides its characters: two objects for the
   * text, and for a name those of its field.
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

  /** A header section of these fields. */
  public static Headers of(List<Field> fields) {
    return fields.isEmpty() ? EMPTY : new Headers(List.copyOf(fields));
  }

  /** A builder without fields. */
  public static Builder builder() {
    return new Builder();
  }

  /** Whether {@code text} is a token (RFC 9110 section 5.6.2). */
  public static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!TOKEN.get(text.charAt(i))) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /** The fields in order, one for each name. */
  public List<Field> fields() {
    return fields;
  }

  /** Every value of {@code name}, in order; empty if there is none. */
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

  /** The first value of {@code name}. */
  public Optional<String> first(String name) {
    return all(name).stream().findFirst();
  }

  /** Whether a field of that name is there. */
  public boolean contains(String name) {
    return fields.stream().anyMatch(field -> field.name.equalsIgnoreCase(name));
  }

  /** Number of values, each of which is a line of a message. */
  public int valueCount() {
    int count = 0;
    for (Field field : fields) {
      count += field.values.size();
    }
    return count;
  }

  /** Characters of all names and values, a name counted once for each of its values. */
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
   * About as many bytes of memory as they take up: the characters, and {@value #OVERHEAD} bytes for
   * each name and each value. Many short fields take up far more than their characters.
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

  /** The same without the fields whose name, in lower case, is dropped. */
  public Headers without(Predicate<String> dropped) {
    List<Field> kept = new ArrayList<>(fields.size());
    for (Field field : fields) {
      if (!dropped.test(field.name.toLowerCase(Locale.ROOT))) {
        kept.add(field);
      }
    }
    return kept.size() == fields.size() ? this : of(kept);
  }

  /** The same without the fields of these names, given in lower case. */
  public Headers without(Set<String> lowerCaseNames) {
    return without(lowerCaseNames::contains);
  }

  /** The same with one more value of {@code name}, behind those that it has. */
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

  /** The names only: values are never logged. */
  @Override
  public String toString() {
    return "Headers" + fields.stream().map(Field::name).toList();
  }

  /**
   * Collects fields: values of one name go together, under its first spelling. The time taken grows
   * with the number of values only, whatever the names.
   */
  public static final class Builder {

    /** Up to this many names, comparing with each is faster than hashing. */
    private static final int SCANNED = 24;

    private final List<String> names = new ArrayList<>();
    private final List<List<String>> values = new ArrayList<>();

    /** Index of each name, in lower case; null while there are few enough to scan. */
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
      if (index == null && names.size() > SCANNED) {
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

    /** Returns the index of the name, or -1 if it is new and is added as the next one. */
    private int indexOrAdd(String name) {
      Integer known = index.putIfAbsent(name.toLowerCase(Locale.ROOT), index.size());
      return known == null ? -1 : known;
    }

    /**
     * The fields so far.
     *
     * @throws IllegalArgumentException if a name is no token, or a value has CR, LF, NUL or a char
     *     over 255
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
