/**
 * HTTP pages for operators: {@code /healthz}, {@code /readyz}, {@code /metrics}, and pages for
 * loopback addresses only. A role may add pages of its own.
 *
 * <p>Must not import the AMQP client, or anything of a role.
 */
package io.github.httplongcut.admin;
