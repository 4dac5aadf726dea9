package io.github.httplongcut.broker;

/** Runs a callback once the count is down to 0. Starts with a count of 1. */
final class Countdown {

  private final Runnable then;
  private int count = 1;

  Countdown(Runnable then) {
    this.then = then;
  }

  void increment() {
    count++;
  }

  void decrement() {
    count--;
    if (count == 0) {
      then.run();
    }
  }
}
