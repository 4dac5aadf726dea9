/**
 * The client agent: takes HTTP requests from clients, publishes them to the broker and answers with
 * what comes back. It knows neither the broker's classes nor the upstream agent's.
 */
package io.github.httplongcut.client;
