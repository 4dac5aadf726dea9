/**
 * Routing of requests: their stages from reception to answer, and the choice of the upstream agent
 * (docs/protocol.md section 4). The package is pure: it imports only java.*, protocol, share and
 * {@code loop.FairClock}, does no I/O, reads no clock and takes no lock. Only the broker's loop
 * calls it.
 */
package io.github.httplongcut.broker.core;
