/**
 * Nothing lost, nothing run twice: the whole relay under load while its parts fail, with an account
 * of every request (docs/reliability.md).
 */
package io.github.httplongcut.system.faults;
