/**
 * What the broker decides: the way of a request from its reception to its answer, and which
 * upstream agent gets it (docs/protocol.md section 4). Pure: imports java.* and the protocol only,
 * does no I/O, reads no clock, takes no lock; its one caller is the broker's loop.
 */
package io.github.httplongcut.broker.core;
