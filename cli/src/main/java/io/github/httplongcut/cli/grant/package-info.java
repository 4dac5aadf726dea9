/**
 * Grants: RabbitMQ users of the relay's processes, and what they may call or serve. {@link
 * io.github.httplongcut.cli.grant.Granting} and {@link io.github.httplongcut.cli.grant.Revoking}
 * change RabbitMQ through {@link io.github.httplongcut.cli.grant.UserAdministration}.
 */
package io.github.httplongcut.cli.grant;
