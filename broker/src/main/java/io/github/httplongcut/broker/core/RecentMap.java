package io.github.httplongcut.broker.core;

import java.util.LinkedHashMap;
import java.util.Map;

/** Map of the entries that were used last. Forgets the least recently used one when it is full. */
final class RecentMap<K, V> extends LinkedHashMap<K, V> {

  private static final long serialVersionUID = 1L;
  private static final float LOAD_FACTOR = 0.75f;

  private final int maxSize;

  RecentMap(int maxSize) {
    super(16, LOAD_FACTOR, true);
    this.maxSize = maxSize;
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
    return size() > maxSize;
  }
}
