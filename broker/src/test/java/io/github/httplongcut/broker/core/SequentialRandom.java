package io.github.httplongcut.broker.core;

import java.util.random.RandomGenerator;

/** Deterministic generator of 0, 1, 2 and so on. Of two agents, each is drawn once per choice. */
public final class SequentialRandom implements RandomGenerator {

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
