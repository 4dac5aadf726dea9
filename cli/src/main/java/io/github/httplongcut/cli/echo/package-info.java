/**
 * HTTP server that answers each request with a description of the request, byte for byte. Serves as
 * an upstream server in trials and tests, and does not depend on the relay.
 */
package io.github.httplongcut.cli.echo;
