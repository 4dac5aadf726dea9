/** Text of log messages, and the last log lines. Must not import anything else of this project. */
package io.github.httplongcut.logging;
