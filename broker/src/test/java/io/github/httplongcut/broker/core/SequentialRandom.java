package io.github.httplongcut.broker.core;

import java.util.random.RandomGenerator;

/** No random numbers but 0, 1, 2 and so on: of two agents both are drawn each time. */
public final class TurnByTurn implements RandomGenerator {

  private int next;

  @Override
  public long nextLong() {
    return next++;
  }

  @Override
  public int nextInt(int bound) {
    return next++ % bound;
  }
}
