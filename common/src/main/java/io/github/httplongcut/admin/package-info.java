/**
 * The pages for those who run a process: {@code /healthz}, {@code /readyz}, {@code /metrics}, the
 * same in every role.
 *
 * <p>Must not import the AMQP client, or anything of a role.
 */
package io.github.httplongcut.admin;
