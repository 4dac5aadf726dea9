/** Formatting of log messages. Must not import anything else of this project. */
package io.github.httplongcut.logging;
