/** Tests of the files for operators in {@code ops/}. */
package io.github.httplongcut.system.ops;
