/**
 * Capture of requests and responses, and replays of captured requests ({@code
 * longcut.broker.inspect}).
 */
package io.github.httplongcut.broker.inspect;
