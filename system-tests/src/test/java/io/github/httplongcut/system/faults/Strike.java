package io.github.httplongcut.system.faults;

import java.util.Random;

/** Makes a fault happen. */
interface Strike {

  /**
   * Begins it.
   *
   * @param random picks the process
   */
  Struck on(FaultBench bench, Random random);
}
