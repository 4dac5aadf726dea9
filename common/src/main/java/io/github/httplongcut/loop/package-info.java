/**
 * Event loop that owns a process's state and clock. Must not import AMQP, HTTP or anything of a
 * role.
 */
package io.github.httplongcut.loop;
