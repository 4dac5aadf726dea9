/**
 * The decisions of the upstream agent: which requests it takes, when they start and end, what it
 * publishes about them, and the heartbeats of its targets (docs/protocol.md section 4, "Upstream
 * agent"). The package is pure: it imports only java.* and protocol, does no I/O, reads no clock
 * and takes no lock. Only tasks of the agent's loop call it.
 */
package io.github.httplongcut.upstream.core;
