/** The form of what is logged. Must not import anything else of this project. */
package io.github.httplongcut.logging;
