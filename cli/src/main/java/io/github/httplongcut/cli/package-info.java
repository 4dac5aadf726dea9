/** Command-line tools. Relaying requests does not need them. */
package io.github.httplongcut.cli;
