/** Fair sharing of limited capacity among competing parties (docs/protocol.md section 6). */
package io.github.httplongcut.share;
