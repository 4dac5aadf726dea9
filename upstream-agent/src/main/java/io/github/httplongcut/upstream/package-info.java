/**
 * The upstream agent: takes requests from the broker, calls the upstream servers and publishes
 * their responses. It knows neither the broker's classes nor the client agent's.
 */
package io.github.httplongcut.upstream;
