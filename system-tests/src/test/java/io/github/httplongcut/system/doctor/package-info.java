/**
 * Tests of the tools that tell an operator about a relay: {@code status}, {@code trace}, {@code
 * doctor} and {@code diag}, on a relay with faults.
 */
package io.github.httplongcut.system.doctor;
