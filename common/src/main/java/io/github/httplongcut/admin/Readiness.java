package io.github.httplongcut.admin;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;

/** Readiness of a process: named conditions, all of which must hold. Thread-safe. */
public final class Readiness {

  /**
   * Current result of a condition.
   *
   * @param ready true if the condition holds
   * @param detail explanation for the operator who reads {@code /readyz}
   */
  public record State(boolean ready, String detail) {}

  /** A condition's name and its current result. */
  public record Condition(String name, boolean ready, String detail) {}

  private final Map<String, Supplier<State>> conditions = new ConcurrentSkipListMap<>();

  /**
   * Adds a condition, or replaces the condition of this name.
   *
   * @param condition called on any thread; must be fast and must not block
   */
  public void set(String name, Supplier<State> condition) {
    conditions.put(name, condition);
  }

  /** Makes the process permanently not ready, so that load balancers send no new requests. */
  public void stopping() {
    set("stopping", () -> new State(false, "the process is stopping"));
  }

  /** Evaluates all conditions, in the order of their names. */
  public List<Condition> conditions() {
    return conditions.entrySet().stream()
        .map(entry -> evaluate(entry.getKey(), entry.getValue()))
        .toList();
  }

  /** Returns whether all conditions hold now. */
  public boolean isReady() {
    return conditions().stream().allMatch(Condition::ready);
  }

  private static Condition evaluate(String name, Supplier<State> condition) {
    State state;
    try {
      state = condition.get();
    } catch (RuntimeException e) {
      // A bug in one condition must not hide the others.
      state = new State(false, "check failed: " + e);
    }
    return new Condition(name, state.ready(), state.detail());
  }
}
