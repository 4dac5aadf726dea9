package io.github.httplongcut.system.faults;

import java.time.Duration;
import java.util.Map;

/** A fault for a {@link Trial}, with its duration and the requests that may fail. */
interface FaultScenario {

  /** The name in upper case, as of an enum constant. */
  String name();

  /** The injector of the fault. */
  FaultInjector injector();

  /** The duration of the fault. */
  Duration hold();

  /** The requests that may fail. */
  Expectation expectation();

  /** The number of processes of each role at the begin of the fault. */
  Map<RelayPart, Integer> counts();
}
