package io.github.httplongcut.cli.status;

/**
 * Upstream target, merged from the views of all brokers.
 *
 * @param agents the largest number of agents that a broker knows
 * @param free the smallest number of free slots that a broker knows of
 * @param waiting the sum over the brokers, as all further numbers
 */
record TargetRow(
    String name,
    String state,
    long agents,
    long capacity,
    long free,
    long waiting,
    long inFlight,
    long answered,
    long failed,
    Health health,
    String why)
    implements StatusRow {}
