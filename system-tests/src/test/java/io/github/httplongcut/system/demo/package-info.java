/** The commands of {@code ./longcut} that need no installation. */
package io.github.httplongcut.system.demo;
