/**
 * {@code longcut trace}: shows what happened to one request, from the memory of the brokers and
 * from the access log of a client agent.
 */
package io.github.httplongcut.cli.trace;
