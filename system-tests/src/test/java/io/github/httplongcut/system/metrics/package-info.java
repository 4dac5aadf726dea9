/** Tests of the metrics: their page in the documentation, and the alert rules for Prometheus. */
package io.github.httplongcut.system.metrics;
