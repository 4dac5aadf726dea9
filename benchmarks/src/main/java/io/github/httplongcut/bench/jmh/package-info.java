/**
 * JMH benchmarks of the hot paths: time and allocated bytes per operation. Benchmarks must not do
 * I/O.
 */
package io.github.httplongcut.bench.jmh;
