/**
 * HTTP pages for operators: {@code /healthz}, {@code /readyz} and {@code /metrics}. Every role has
 * the same pages.
 *
 * <p>Must not import the AMQP client, or anything of a role.
 */
package io.github.httplongcut.admin;
