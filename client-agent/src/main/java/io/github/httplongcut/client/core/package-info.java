/**
 * Decisions about requests that wait for their answer: when to publish a request again, and with
 * which answer or error it ends (docs/protocol.md section 4). The package is pure: it imports only
 * java.*, protocol and {@code loop.FairClock}, does no I/O, reads no clock and takes no lock. Only
 * the client agent's loop calls it.
 */
package io.github.httplongcut.client.core;
