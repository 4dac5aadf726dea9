/**
 * A small HTTP server that answers with what it was asked, byte for byte where HTTP has bytes. It
 * is an upstream server for trying the relay, and knows nothing of it.
 */
package io.github.httplongcut.cli.echo;
