/**
 * Tests of isolation between tenants of one RabbitMQ: attacks that the tenants' own permissions
 * allow must not affect others.
 */
package io.github.httplongcut.system.tenants;
