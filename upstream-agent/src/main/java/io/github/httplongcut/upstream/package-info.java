/**
 * The upstream agent: takes requests from the broker, calls the upstream servers and publishes
 * their responses. This package wires the process: {@code core} decides, {@code http} makes the
 * calls. It uses no classes of the broker or the client agent.
 */
package io.github.httplongcut.upstream;
