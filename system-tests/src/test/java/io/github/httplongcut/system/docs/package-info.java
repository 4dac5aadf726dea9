/** Tests of the documentation: its pages, and the docs in the source code. */
package io.github.httplongcut.system.docs;
