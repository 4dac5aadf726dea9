package io.github.httplongcut.system.faults;

import java.util.Random;

/** Injects a fault. */
interface FaultInjector {

  /**
   * Injects the fault.
   *
   * @param random picks the process
   */
  InjectedFault inject(FaultBench bench, Random random);
}
