/**
 * Output of the tools: tables, JSON, colours and exit codes. Text from other processes passes
 * {@link io.github.httplongcut.cli.output.TextTable} or {@link
 * io.github.httplongcut.cli.output.PlainText}, which replace control characters.
 */
package io.github.httplongcut.cli.output;
