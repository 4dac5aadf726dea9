/**
 * The programs that people use, unchanged, through the relay to the servers that people run: curl,
 * Java's HttpClient, Node's fetch, Python's http.client and a browser, to nginx and to an Express
 * app. Each does the same directly and through the relay, and what it is told must be the same.
 */
package io.github.httplongcut.system.clients;
