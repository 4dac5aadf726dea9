/** The broker's page in a real browser, and the tests of its modules that run without one. */
package io.github.httplongcut.system.page;
