package io.github.httplongcut.cli.status;

/**
 * Row of a table of the status. The components of the records are the fields in JSON, whose names
 * are those of the brokers' {@code /api/status} where the meaning is the same.
 */
interface StatusRow {

  /** Returns the name of what the row describes. */
  String name();

  /** Returns a word for its state. */
  String state();

  Health health();

  /** Returns the reason for the state, in a sentence; empty if there is nothing to explain. */
  String why();
}
