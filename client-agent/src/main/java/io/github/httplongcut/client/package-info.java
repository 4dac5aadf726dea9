/**
 * The client agent. Accepts HTTP requests from callers, publishes them to the brokers and answers
 * callers with the responses. Depends on no class of the broker or the upstream agent.
 */
package io.github.httplongcut.client;
