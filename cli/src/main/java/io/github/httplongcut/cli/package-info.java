/** The tools for people at a terminal. Nothing here is needed to relay a request. */
package io.github.httplongcut.cli;
