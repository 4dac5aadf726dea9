/**
 * The hot paths by themselves, under JMH: time and bytes allocated for each operation. Must not do
 * I/O.
 */
package io.github.httplongcut.bench.jmh;
