package io.github.httplongcut.admin;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;

/**
 * Whether a process can do its work now, as a list of named conditions that all must hold. Any
 * thread may add or ask.
 */
public final class Readiness {

  /**
   * What a condition says now.
   *
   * @param detail for whoever reads {@code /readyz}: what is missing, or how things stand
   */
  public record State(boolean ready, String detail) {}

  /** A condition's name with what it says now. */
  public record Condition(String name, boolean ready, String detail) {}

  private final Map<String, Supplier<State>> conditions = new ConcurrentSkipListMap<>();

  /**
   * Adds a condition, or puts another in the place of the one with this name.
   *
   * @param condition asked on any thread, must be quick and not block
   */
  public void set(String name, Supplier<State> condition) {
    conditions.put(name, condition);
  }

  /** The process stops: never ready again, so that nobody sends it anything new. */
  public void stopping() {
    set("stopping", () -> new State(false, "the process was told to stop"));
  }

  /** Asks all conditions now, in the order of their names. */
  public List<Condition> conditions() {
    return conditions.entrySet().stream()
        .map(entry -> ask(entry.getKey(), entry.getValue()))
        .toList();
  }

  /** Whether all hold now. */
  public boolean isReady() {
    return conditions().stream().allMatch(Condition::ready);
  }

  private static Condition ask(String name, Supplier<State> condition) {
    State state;
    try {
      state = condition.get();
    } catch (RuntimeException e) {
      // A bug in one condition must not hide the others.
      state = new State(false, "cannot tell: " + e);
    }
    return new Condition(name, state.ready(), state.detail());
  }
}
