/**
 * The broker's decisions: the way of a request from its reception to its answer, and the upstream
 * agent that gets it (docs/protocol.md section 4). Pure: imports java.*, protocol and share only,
 * does no I/O, reads no clock, takes no lock; its one caller is the broker's loop.
 */
package io.github.httplongcut.broker.core;
