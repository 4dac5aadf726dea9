/** Tests of the documentation in the source code. */
package io.github.httplongcut.system.docs;
