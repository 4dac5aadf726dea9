/** Dividing bounded room among parties that compete for it (docs/protocol.md section 6). */
package io.github.httplongcut.share;
