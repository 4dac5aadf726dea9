/**
 * Parts that the meters of all roles share: the buckets of latency histograms, and the limit of the
 * values that a label may have.
 *
 * <p>Must not import anything else of the project.
 */
package io.github.httplongcut.metrics;
