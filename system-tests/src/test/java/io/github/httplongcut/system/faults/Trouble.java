package io.github.httplongcut.system.faults;

import java.time.Duration;
import java.util.Map;

/** What befalls a relay in a {@link Trial}, for how long, and what it may cost. */
interface Trouble {

  /** Its name in upper case, as an enum's. */
  String name();

  /** How it is made. */
  Strike strike();

  /** From its begin to its end. */
  Duration hold();

  /** What it may cost. */
  Expectation expectation();

  /** How many processes of each part there are when it begins. */
  Map<RelayPart, Integer> counts();
}
