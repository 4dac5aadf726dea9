/**
 * Joining a relay with a grant: {@link io.github.httplongcut.cli.join.JoiningFile} is what a grant
 * hands over, {@link io.github.httplongcut.cli.join.JoinCommand} sets up and starts a process with
 * it.
 */
package io.github.httplongcut.cli.join;
