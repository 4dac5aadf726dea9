/**
 * Unmodified clients through the relay to unmodified servers: curl, Java's HttpClient, Node's
 * fetch, Python's http.client and a browser, to nginx and to an Express app. Each client runs its
 * scenarios directly and through the relay, and must get the same responses.
 */
package io.github.httplongcut.system.clients;
