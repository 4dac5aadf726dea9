/**
 * A port that accepts HTTP connections, on Undertow. Must not import anything else of the project.
 * Only {@code admin} and the client agent import it.
 */
package io.github.httplongcut.listener;
