/**
 * Tenants of one RabbitMQ who attack each other with all that their own permissions allow, and what
 * the others notice of it.
 */
package io.github.httplongcut.system.tenants;
