/**
 * The one thread that owns a process's state, and its clock. Must not import AMQP, HTTP or anything
 * of a role.
 */
package io.github.httplongcut.loop;
