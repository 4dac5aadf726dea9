/**
 * Sources of the tools: RabbitMQ by AMQP and by its management API, and the admin pages of the
 * processes. {@link io.github.httplongcut.cli.sources.SourceOptions} has the options that name
 * them.
 *
 * <p>No source is waited for longer than {@link io.github.httplongcut.cli.sources.Gathering#LIMIT},
 * and no answer may be larger than a bound. Errors name the address and the remedy, and never show
 * a password.
 */
package io.github.httplongcut.cli.sources;
