/**
 * {@code longcut diag}: collects what a maintainer needs to explain a fault, in one archive. Every
 * text passes {@link io.github.httplongcut.cli.diag.Redaction} before it is written.
 */
package io.github.httplongcut.cli.diag;
