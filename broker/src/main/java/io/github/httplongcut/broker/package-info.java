/**
 * The broker: knows which upstream agents live and gives each request to one of them. It speaks no
 * HTTP beyond its admin pages.
 */
package io.github.httplongcut.broker;
