/**
 * The broker: knows the live upstream agents and dispatches each request to one of them. It serves
 * no HTTP but its admin pages.
 */
package io.github.httplongcut.broker;
